# clipbench-kernels from outside, on the CPU: what it measures needs a GPU, that it measures does not.
set(checks ${CMAKE_CURRENT_LIST_DIR}/check_kernel_bench.py)
foreach(check usage numerics block overhead draw)
  add_test(NAME kernel_bench.${check}
    COMMAND ${CLIPBENCH_PYTHON} ${checks} ${check} $<TARGET_FILE:clipbench-kernels>)
  set_tests_properties(kernel_bench.${check} PROPERTIES LABELS cpu SKIP_RETURN_CODE 77
    ENVIRONMENT "${few_threads};CUDA_VISIBLE_DEVICES=")
endforeach()
