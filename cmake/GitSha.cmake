# CLIPBENCH_GIT_SHA: the last commit that touched what the programs are built from (short). Commits of
# documentation don't change it, so they don't change the programs either.
set(CLIPBENCH_GIT_SHA unknown)
find_package(Git QUIET)
if(GIT_FOUND AND EXISTS ${CMAKE_SOURCE_DIR}/.git)
  execute_process(
    COMMAND ${GIT_EXECUTABLE} -C ${CMAKE_SOURCE_DIR} log -1 --format=%h --
            CMakeLists.txt cmake bench comparison kernels profiler reporters
    OUTPUT_VARIABLE sha OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
  if(NOT failed AND sha)
    set(CLIPBENCH_GIT_SHA ${sha})
  endif()
  if(EXISTS ${CMAKE_SOURCE_DIR}/.git/logs/HEAD)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/.git/logs/HEAD)
  endif()
endif()
