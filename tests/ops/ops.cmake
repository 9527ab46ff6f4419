# The kernels as operators of torch, called from Python.
add_test(NAME ops.check
         COMMAND ${CLIPBENCH_PYTHON} ${CMAKE_CURRENT_SOURCE_DIR}/ops/check_ops.py $<TARGET_FILE:clipbench_ops>)
set_tests_properties(ops.check PROPERTIES LABELS cpu ENVIRONMENT ${few_threads})
