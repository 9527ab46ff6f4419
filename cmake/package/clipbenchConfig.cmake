# find_package(clipbench): the targets clipbench::profiler and clipbench::guard, LibTorch as
# clipbench::torch, and the function clipbench_add_memory_test (MemoryTest.cmake).
#
# LibTorch comes from the Python that CLIPBENCH_PYTHON names (variable or environment), else from .venv
# of the project, else from python3: torch 2.11, as clipbench itself was built with.
if(NOT TARGET clipbench::torch)
  block()
    set(CLIPBENCH_TORCH_REMEDY "name a Python that has it: -DCLIPBENCH_PYTHON=/path/to/python3")
    include(${CMAKE_CURRENT_LIST_DIR}/Torch.cmake)
  endblock()
endif()
include(${CMAKE_CURRENT_LIST_DIR}/clipbenchTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/MemoryTest.cmake)
