# LibTorch as the imported target clipbench::torch, from a Python environment that has torch.
#
# Torch's own package file enables the CUDA language and guesses GPU architectures; nothing here needs
# that. The headers and libraries are taken as they lie in the wheel, CUDA's headers from the toolkit
# or from the wheels that torch itself depends on.
set(CLIPBENCH_PYTHON "" CACHE FILEPATH "Python that has torch; empty: .venv, else python3 on PATH")
if(NOT CLIPBENCH_PYTHON)
  if(EXISTS ${CMAKE_SOURCE_DIR}/.venv/bin/python)
    set(CLIPBENCH_PYTHON ${CMAKE_SOURCE_DIR}/.venv/bin/python)
  else()
    find_program(CLIPBENCH_PYTHON python3 REQUIRED)
  endif()
endif()
execute_process(
  COMMAND ${CLIPBENCH_PYTHON} -c
    "import importlib.util as u, os; print(os.path.dirname(u.find_spec('torch').origin))"
  OUTPUT_VARIABLE CLIPBENCH_TORCH_DIR OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE result)
if(result)
  message(FATAL_ERROR "${CLIPBENCH_PYTHON} has no torch; run scripts/setup.sh")
endif()
get_filename_component(site ${CLIPBENCH_TORCH_DIR} DIRECTORY)
set(CLIPBENCH_CUDA_WHEEL_DIR ${site}/nvidia/cu13)
file(STRINGS ${CLIPBENCH_TORCH_DIR}/version.py torch_version_line REGEX "^__version__")
string(REGEX MATCH "[0-9]+[.][0-9]+[.][0-9]+[+a-z0-9]*" CLIPBENCH_TORCH_VERSION
       "${torch_version_line}")
if(NOT CLIPBENCH_TORCH_VERSION MATCHES "^2[.]11[.]")
  message(FATAL_ERROR "torch ${CLIPBENCH_TORCH_VERSION} found, 2.11 needed; run scripts/setup.sh")
endif()

find_path(CLIPBENCH_CUDA_INCLUDE cuda_runtime_api.h
          HINTS ${CLIPBENCH_CUDA_WHEEL_DIR}/include /usr/local/cuda/include REQUIRED)
find_path(CLIPBENCH_CUPTI_INCLUDE cupti.h
          HINTS ${CLIPBENCH_CUDA_WHEEL_DIR}/include /usr/local/cuda/extras/CUPTI/include
                /usr/local/cuda/include)

add_library(clipbench_torch INTERFACE)
add_library(clipbench::torch ALIAS clipbench_torch)
target_include_directories(clipbench_torch SYSTEM INTERFACE
  ${CLIPBENCH_TORCH_DIR}/include ${CLIPBENCH_TORCH_DIR}/include/torch/csrc/api/include
  ${CLIPBENCH_CUDA_INCLUDE})
target_link_directories(clipbench_torch INTERFACE
  ${CLIPBENCH_TORCH_DIR}/lib ${CLIPBENCH_CUDA_WHEEL_DIR}/lib)
target_link_options(clipbench_torch INTERFACE
  -Wl,--no-as-needed -Wl,--allow-shlib-undefined
  -Wl,-rpath,${CLIPBENCH_TORCH_DIR}/lib:${CLIPBENCH_CUDA_WHEEL_DIR}/lib)
target_link_libraries(clipbench_torch INTERFACE
  torch torch_cpu torch_cuda c10 c10_cuda ${CLIPBENCH_CUDA_WHEEL_DIR}/lib/libcudart.so.13)
message(STATUS "torch ${CLIPBENCH_TORCH_VERSION}: ${CLIPBENCH_TORCH_DIR}")
