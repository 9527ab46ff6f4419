# LibTorch as the imported target clipbench::torch, and CUPTI as clipbench::cupti where its header lies,
# both from a Python environment that has torch.
#
# Installed beside clipbenchConfig.cmake, too: there the same target comes from the Python of the project
# that uses clipbench. CLIPBENCH_TORCH_REMEDY ends error messages with what to do.
#
# Torch's own package file enables the CUDA language and guesses GPU architectures; nothing here needs
# that. Headers and libraries are taken as they lie in the wheels: CUDA's from the wheels that torch
# depends on, else from the toolkit.
set(CLIPBENCH_PYTHON "$ENV{CLIPBENCH_PYTHON}" CACHE FILEPATH
    "Python that has torch 2.11; empty: .venv, else python3 on PATH")

# Sets `result` to the folder of a Python's torch package, or to "" (torch is not imported: seconds).
function(clipbench_torch_folder python result)
  execute_process(
    COMMAND ${python} -c
      "import importlib.util as u, os; print(os.path.dirname(u.find_spec('torch').origin))"
    OUTPUT_VARIABLE folder OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    set(folder "")
  endif()
  set(${result} "${folder}" PARENT_SCOPE)
endfunction()

set(CLIPBENCH_TORCH_DIR "")
set(candidates ${CLIPBENCH_PYTHON})
if(NOT candidates)
  set(candidates ${CMAKE_SOURCE_DIR}/.venv/bin/python python3)
endif()
foreach(candidate ${candidates})
  if(NOT CLIPBENCH_TORCH_DIR)
    clipbench_torch_folder(${candidate} CLIPBENCH_TORCH_DIR)
    set(python ${candidate})
  endif()
endforeach()
if(NOT CLIPBENCH_TORCH_DIR)
  message(FATAL_ERROR "${python} has no torch; ${CLIPBENCH_TORCH_REMEDY}")
endif()
set(CLIPBENCH_PYTHON ${python} CACHE FILEPATH "Python that has torch 2.11" FORCE)

file(STRINGS ${CLIPBENCH_TORCH_DIR}/version.py version_line REGEX "^__version__")
string(REGEX MATCH "[0-9]+[.][0-9]+[.][0-9]+[+a-z0-9]*" CLIPBENCH_TORCH_VERSION "${version_line}")
if(NOT CLIPBENCH_TORCH_VERSION MATCHES "^2[.]11[.]")
  message(FATAL_ERROR "torch ${CLIPBENCH_TORCH_VERSION} found, 2.11 needed; ${CLIPBENCH_TORCH_REMEDY}")
endif()
if(NOT EXISTS ${CLIPBENCH_TORCH_DIR}/lib/libtorch_cuda.so)
  message(FATAL_ERROR "torch ${CLIPBENCH_TORCH_VERSION} is not a CUDA build; ${CLIPBENCH_TORCH_REMEDY}")
endif()
message(STATUS "torch ${CLIPBENCH_TORCH_VERSION}: ${CLIPBENCH_TORCH_DIR}")

get_filename_component(site_packages ${CLIPBENCH_TORCH_DIR} DIRECTORY)
set(cuda_folders ${site_packages}/nvidia/cu13 $ENV{CUDA_HOME} /usr/local/cuda)
# crt/ is a wheel of its own, which torch doesn't ask for: without it the toolkit's headers are taken.
find_path(CLIPBENCH_CUDA_INCLUDE crt/host_defines.h
          PATHS ${cuda_folders} PATH_SUFFIXES include NO_DEFAULT_PATH REQUIRED)
find_file(CLIPBENCH_CUDART libcudart.so.13
          PATHS ${cuda_folders} PATH_SUFFIXES lib lib64 NO_DEFAULT_PATH REQUIRED)
find_path(CLIPBENCH_CUPTI_INCLUDE cupti.h
          PATHS ${cuda_folders} PATH_SUFFIXES include extras/CUPTI/include NO_DEFAULT_PATH)
find_file(CLIPBENCH_CUPTI libcupti.so.13  # the one that torch loads: two in a process can't subscribe
          PATHS ${cuda_folders} PATH_SUFFIXES lib lib64 extras/CUPTI/lib64 NO_DEFAULT_PATH)
mark_as_advanced(CLIPBENCH_CUDA_INCLUDE CLIPBENCH_CUDART CLIPBENCH_CUPTI_INCLUDE CLIPBENCH_CUPTI)

file(STRINGS ${CLIPBENCH_CUDA_INCLUDE}/cuda_runtime_api.h cudart_version
     REGEX "define CUDART_VERSION +13[0-9][0-9][0-9]$")
if(NOT cudart_version)
  message(FATAL_ERROR "${CLIPBENCH_CUDA_INCLUDE}: CUDA 13 needed; ${CLIPBENCH_TORCH_REMEDY}")
endif()

add_library(clipbench::torch INTERFACE IMPORTED GLOBAL)
target_include_directories(clipbench::torch SYSTEM INTERFACE
  ${CLIPBENCH_TORCH_DIR}/include ${CLIPBENCH_TORCH_DIR}/include/torch/csrc/api/include
  ${CLIPBENCH_CUDA_INCLUDE})
if(EXISTS ${CLIPBENCH_CUDA_INCLUDE}/cccl)  # where CUDA 13 keeps <nv/target>
  target_include_directories(clipbench::torch SYSTEM INTERFACE ${CLIPBENCH_CUDA_INCLUDE}/cccl)
endif()
# torch_cuda registers itself when it is loaded; --as-needed, some systems' default, would drop it.
target_link_options(clipbench::torch INTERFACE
  LINKER:--enable-new-dtags LINKER:--no-as-needed LINKER:--allow-shlib-undefined)
foreach(library torch torch_cpu torch_cuda c10 c10_cuda)
  target_link_libraries(clipbench::torch INTERFACE ${CLIPBENCH_TORCH_DIR}/lib/lib${library}.so)
endforeach()
target_link_libraries(clipbench::torch INTERFACE ${CLIPBENCH_CUDART})

if(CLIPBENCH_CUPTI_INCLUDE AND CLIPBENCH_CUPTI)
  add_library(clipbench::cupti INTERFACE IMPORTED GLOBAL)
  target_include_directories(clipbench::cupti SYSTEM INTERFACE ${CLIPBENCH_CUPTI_INCLUDE})
  target_link_libraries(clipbench::cupti INTERFACE ${CLIPBENCH_CUPTI})
endif()
