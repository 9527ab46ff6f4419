# A program of GoogleTests that guard memory (clipbench/guard/memory_test.h), each a CTest NAME.<test>.
#   clipbench_add_memory_test(NAME name SOURCES a.cpp … [BUDGETS budgets.json] [LIBRARIES target …])
#
# Tests of suites named Cuda… get the label cuda, all get the label memory. BUDGETS is the file of
# EXPECT_WITHIN_BUDGET; the target update_NAME runs the tests and writes what they measure into it.
include(GoogleTest)

function(clipbench_add_memory_test)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;BUDGETS" "SOURCES;LIBRARIES")
  if(NOT arg_NAME OR NOT arg_SOURCES OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "clipbench_add_memory_test takes NAME, SOURCES and perhaps LIBRARIES, BUDGETS")
  endif()
  if(NOT TARGET GTest::gtest_main)
    find_package(GTest REQUIRED)
  endif()
  add_executable(${arg_NAME} ${arg_SOURCES})
  target_link_libraries(${arg_NAME} PRIVATE ${arg_LIBRARIES} clipbench::guard GTest::gtest_main)
  if(arg_BUDGETS)
    cmake_path(ABSOLUTE_PATH arg_BUDGETS BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    target_compile_definitions(${arg_NAME} PRIVATE CLIPBENCH_BUDGETS_FILE="${arg_BUDGETS}")
    clipbench_add_budget_update(${arg_NAME})
  endif()
  gtest_discover_tests(${arg_NAME} TEST_PREFIX ${arg_NAME}. TEST_FILTER "-Cuda*"
                       TEST_LIST ${arg_NAME}_cpu DISCOVERY_TIMEOUT 60 PROPERTIES LABELS memory)
  gtest_discover_tests(${arg_NAME} TEST_PREFIX ${arg_NAME}. TEST_FILTER "Cuda*"
                       TEST_LIST ${arg_NAME}_cuda DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "memory;cuda")
endfunction()

# Through CTest, so that each test is measured in a process of its own, as it is when it is judged.
function(clipbench_add_budget_update name)
  add_custom_target(update_${name} VERBATIM USES_TERMINAL
    COMMAND ${CMAKE_COMMAND} -E env CLIPBENCH_UPDATE_BUDGETS=1
            ${CMAKE_CTEST_COMMAND} --test-dir ${CMAKE_CURRENT_BINARY_DIR} --output-on-failure
            -R "^${name}[.]")
  add_dependencies(update_${name} ${name})
endfunction()
