# The CUDA language, for kernels/: a toolkit of the system where there is one of 13.0 or newer, else
# the compiler from PyPI beside torch. No GPU is needed to compile. CUDA's runtime comes with
# clipbench::torch. nvcc brings headers of its own version; CLIPBENCH_CUDA_INCLUDE is not for it.

# Sets `result` to whether `nvcc` is there and new enough.
function(clipbench_nvcc_is_usable nvcc result)
  execute_process(COMMAND ${nvcc} --version
                  OUTPUT_VARIABLE words ERROR_QUIET RESULT_VARIABLE status)
  if(status EQUAL 0 AND words MATCHES "release ([0-9]+[.][0-9]+)"
     AND CMAKE_MATCH_1 VERSION_GREATER_EQUAL 13.0)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

if(NOT CMAKE_CUDA_COMPILER)
  find_program(system_nvcc nvcc PATHS $ENV{CUDA_HOME}/bin /usr/local/cuda/bin NO_CACHE)
  foreach(candidate $ENV{CUDACXX} ${system_nvcc} ${site_packages}/nvidia/cu13/bin/nvcc)
    clipbench_nvcc_is_usable(${candidate} usable)
    if(usable)
      set(CMAKE_CUDA_COMPILER ${candidate} CACHE FILEPATH "nvcc, 13.0 or newer")
      break()
    endif()
  endforeach()
endif()
if(NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "no nvcc of CUDA 13 found; run scripts/setup.sh")
endif()

# CMake tries the compiler with a program that nvcc links. PyPI's nvcc looks for its libraries in
# lib64, where none are.
get_filename_component(cuda_root ${CMAKE_CUDA_COMPILER} DIRECTORY)
get_filename_component(cuda_root ${cuda_root} DIRECTORY)
if(NOT EXISTS ${cuda_root}/lib64 AND EXISTS ${cuda_root}/lib)
  set(library_path ${cuda_root}/lib)
  if(DEFINED ENV{LIBRARY_PATH})
    string(APPEND library_path ":$ENV{LIBRARY_PATH}")
  endif()
  set(ENV{LIBRARY_PATH} ${library_path})
endif()

set(CMAKE_CUDA_RUNTIME_LIBRARY None)
set(CMAKE_CUDA_ARCHITECTURES 80-real 90)
set(CMAKE_CUDA_STANDARD 20)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
set(CMAKE_CUDA_EXTENSIONS OFF)
if(CCACHE AND NOT CMAKE_CUDA_COMPILER_LAUNCHER)
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
endif()
enable_language(CUDA)
message(STATUS "nvcc ${CMAKE_CUDA_COMPILER_VERSION}: ${CMAKE_CUDA_COMPILER}")
