# Files of the reporters as other programs read them.
set(formats ${CMAKE_CURRENT_LIST_DIR}/formats)
set(samples ${CMAKE_CURRENT_BINARY_DIR}/reporter_samples)
add_executable(write_reporter_samples ${formats}/write_samples.cpp ${CMAKE_CURRENT_LIST_DIR}/sample_record.cpp)
target_link_libraries(write_reporter_samples PRIVATE clipbench_reporters clipbench_warnings)

add_test(NAME reporters.write_samples COMMAND write_reporter_samples ${samples})
add_test(NAME reporters.record_schema
  COMMAND ${CLIPBENCH_PYTHON} ${formats}/check_schema.py
          ${CMAKE_CURRENT_LIST_DIR}/../../results/record.schema.json ${samples}/records)
add_test(NAME reporters.other_readers
  COMMAND ${CLIPBENCH_PYTHON} ${formats}/check_readers.py ${samples} /usr/share/benchmark/compare.py)
set_tests_properties(reporters.write_samples PROPERTIES FIXTURES_SETUP reporter_samples LABELS cpu)
set_tests_properties(reporters.record_schema reporters.other_readers PROPERTIES
  FIXTURES_REQUIRED reporter_samples LABELS cpu SKIP_RETURN_CODE 77)
