# `cmake --install`: the programs (component programs), and what other projects link (component library):
# profiler, guard, their headers and a CMake package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/clipbench)
set(package_sources ${CMAKE_CURRENT_LIST_DIR}/package)

# LibTorch's folders by name: CMake's own paths of linked libraries leave out what lies below the source
# folder, as .venv does.
set(library_folders ${CLIPBENCH_TORCH_DIR}/lib)
foreach(library ${CLIPBENCH_CUDART} ${CLIPBENCH_CUPTI})
  cmake_path(GET library PARENT_PATH folder)
  list(APPEND library_folders ${folder})
endforeach()
list(REMOVE_DUPLICATES library_folders)
set(programs clipbench clipbench-worker clipbench-kernels clipbench_ops)
set_target_properties(${programs} PROPERTIES INSTALL_RPATH "$ORIGIN;${library_folders}")
install(TARGETS ${programs} COMPONENT programs LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})

foreach(part profiler guard)
  set_target_properties(clipbench_${part} PROPERTIES
                        EXPORT_NAME ${part} POSITION_INDEPENDENT_CODE ON)
  target_compile_features(clipbench_${part} PUBLIC cxx_std_20)
  install(TARGETS clipbench_${part} EXPORT clipbench
          COMPONENT library INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endforeach()
install(EXPORT clipbench NAMESPACE clipbench:: FILE clipbenchTargets.cmake
        DESTINATION ${package_folder} COMPONENT library)

# Headers say "profiler/x.h" in the repository and "clipbench/profiler/x.h" where they are installed, so
# that nothing of another project's own profiler/ is meant.
install(CODE "set(source \"${CMAKE_SOURCE_DIR}\")\nset(staging \"${CMAKE_BINARY_DIR}/installed_headers\")
set(destination \"${CMAKE_INSTALL_INCLUDEDIR}/clipbench\")" COMPONENT library)
install(SCRIPT ${package_sources}/InstallHeaders.cmake COMPONENT library)

write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/clipbenchConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${package_sources}/clipbenchConfig.cmake ${package_sources}/MemoryTest.cmake
              ${CMAKE_CURRENT_LIST_DIR}/Torch.cmake
              ${CMAKE_BINARY_DIR}/package/clipbenchConfigVersion.cmake
        DESTINATION ${package_folder} COMPONENT library)
