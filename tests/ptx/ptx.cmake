# What nvcc makes of the kernels, a test a source.
file(GLOB kernel_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/kernels/cuda/*.cu
     ${CMAKE_SOURCE_DIR}/kernels/ampere/*.cu ${CMAKE_SOURCE_DIR}/kernels/hopper/*.cu)
foreach(source ${kernel_sources})
  cmake_path(GET source STEM name)
  cmake_path(GET source PARENT_PATH folder)
  cmake_path(GET folder FILENAME folder)
  set(architecture 90)
  if(folder STREQUAL hopper)
    set(architecture 90a)
  endif()
  add_test(NAME ptx.${folder}.${name}
           COMMAND ${CMAKE_CURRENT_LIST_DIR}/check_awaits.sh ${CMAKE_CUDA_COMPILER} ${architecture} ${source}
                   ${CMAKE_SOURCE_DIR})
  set_tests_properties(ptx.${folder}.${name} PROPERTIES LABELS cpu)
endforeach()
