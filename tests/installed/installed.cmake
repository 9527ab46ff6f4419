# Another project that guards its memory with clipbench as it is installed.
set(installed ${CMAKE_CURRENT_BINARY_DIR}/installed)
set(example ${installed}/example)
set(flags "")
if(CLIPBENCH_SANITIZE)  # what links an instrumented library needs its runtime
  set(flags -fsanitize=${CLIPBENCH_SANITIZE})
endif()

add_test(NAME installed.install
  COMMAND ${CMAKE_COMMAND} --install ${CMAKE_BINARY_DIR} --prefix ${installed}/prefix)
add_test(NAME installed.programs_run
  COMMAND ${installed}/prefix/bin/clipbench verify --method vanilla --device cpu)
add_test(NAME installed.example_builds
  COMMAND ${CMAKE_COMMAND} -D prefix=${installed}/prefix -D example=${example}
          -D python=${CLIPBENCH_PYTHON} -D build_type=${CMAKE_BUILD_TYPE}
          -D compiler=${CMAKE_CXX_COMPILER} -D flags=${flags} -D "launcher=${CMAKE_CXX_COMPILER_LAUNCHER}"
          -D generator=${CMAKE_GENERATOR} -D make=${CMAKE_MAKE_PROGRAM} -P ${CMAKE_CURRENT_LIST_DIR}/build_example.cmake)
add_test(NAME installed.example_is_guarded
  COMMAND ${CLIPBENCH_PYTHON} ${CMAKE_CURRENT_LIST_DIR}/check_guard.py ${CMAKE_COMMAND}
          ${CMAKE_CTEST_COMMAND} ${example})
add_test(NAME installed.example_is_guarded_on_cuda
  COMMAND ${CMAKE_CTEST_COMMAND} --test-dir ${example}/build --output-on-failure -L cuda)

set_tests_properties(installed.install PROPERTIES FIXTURES_SETUP installed LABELS cpu)
set_tests_properties(installed.programs_run PROPERTIES
  FIXTURES_REQUIRED installed LABELS cpu ENVIRONMENT ${few_threads})
set_tests_properties(installed.example_builds PROPERTIES
  FIXTURES_REQUIRED installed FIXTURES_SETUP installed_example LABELS cpu PROCESSORS 2)
set_tests_properties(installed.example_is_guarded installed.example_is_guarded_on_cuda PROPERTIES
  FIXTURES_REQUIRED installed_example ENVIRONMENT ${few_threads} RESOURCE_LOCK installed_example)
set_tests_properties(installed.example_is_guarded PROPERTIES
  LABELS cpu ENVIRONMENT "${few_threads};CUDA_VISIBLE_DEVICES=")
set_tests_properties(installed.example_is_guarded_on_cuda PROPERTIES
  LABELS cuda SKIP_REGULAR_EXPRESSION "[(]Skipped[)]")
