# Scripts of the repository, on runs of this build.
add_test(NAME scripts.join_runs
  COMMAND ${CLIPBENCH_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/check_join_runs.py $<TARGET_FILE_DIR:clipbench>
          ${CMAKE_CURRENT_LIST_DIR}/../../scripts ${CMAKE_CURRENT_BINARY_DIR}/joined_runs)
set_tests_properties(scripts.join_runs PROPERTIES LABELS cpu ENVIRONMENT ${few_threads})
