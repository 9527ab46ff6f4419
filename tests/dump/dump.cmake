# Dumps of whole runs, checked by programs that share no code with ours.
set(dumps ${CMAKE_CURRENT_BINARY_DIR}/dumps)
set(scripts ${CMAKE_CURRENT_LIST_DIR}/../../scripts)

add_test(NAME dump.write
  COMMAND ${CLIPBENCH_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/write_dumps.py $<TARGET_FILE_DIR:clipbench> ${dumps})
add_test(NAME dump.autograd_agrees
  COMMAND sh -c "exec ${CLIPBENCH_PYTHON} ${scripts}/check_dump.py ${dumps}/*/*")
add_test(NAME dump.spoiled_is_noticed
  COMMAND ${CLIPBENCH_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/spoil_dumps.py ${scripts} ${dumps})
add_test(NAME dump.opacus_agrees
  COMMAND sh -c "exec ${CLIPBENCH_PYTHON} ${scripts}/peers/opacus_norms.py ${dumps}/flat/*")
set(checks dump.autograd_agrees dump.spoiled_is_noticed dump.opacus_agrees)
set_tests_properties(dump.write PROPERTIES FIXTURES_SETUP dumps)
set_tests_properties(${checks} PROPERTIES FIXTURES_REQUIRED dumps SKIP_RETURN_CODE 77)
set_tests_properties(dump.write ${checks} PROPERTIES LABELS cpu ENVIRONMENT ${few_threads})
