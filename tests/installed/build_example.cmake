# Builds a copy of example/ in ${example} against the clipbench in ${prefix}.
file(COPY ${CMAKE_CURRENT_LIST_DIR}/example/ DESTINATION ${example})
execute_process(COMMAND_ERROR_IS_FATAL ANY
  COMMAND ${CMAKE_COMMAND} -S ${example} -B ${example}/build -G ${generator}
          -D CMAKE_MAKE_PROGRAM=${make} -D CMAKE_PREFIX_PATH=${prefix} -D CLIPBENCH_PYTHON=${python}
          -D CMAKE_BUILD_TYPE=${build_type} -D CMAKE_CXX_COMPILER=${compiler} -D CMAKE_CXX_FLAGS=${flags}
          -D "CMAKE_CXX_COMPILER_LAUNCHER=${launcher}")
execute_process(COMMAND ${CMAKE_COMMAND} --build ${example}/build COMMAND_ERROR_IS_FATAL ANY)
