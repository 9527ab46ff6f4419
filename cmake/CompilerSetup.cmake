# Compiler cache, fast linker, warnings and sanitizers, in one place.
find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Libraries are looked for beside the program first, then in the folders of those that are linked; so a
# build folder still runs when it is copied to a machine whose LD_LIBRARY_PATH names its own torch/lib.
set(CMAKE_BUILD_RPATH "$ORIGIN")
set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)

add_library(clipbench_warnings INTERFACE)
target_compile_options(clipbench_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wno-unused-parameter>
  $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>)  # g++ 12 warns of std::string + const char*

if(CLIPBENCH_SANITIZE)
  add_compile_options(
    "$<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${CLIPBENCH_SANITIZE};-fno-omit-frame-pointer>")
  add_link_options(-fsanitize=${CLIPBENCH_SANITIZE})
endif()

if(CLIPBENCH_FUZZ)
  set(fuzz_sanitizers -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined)
  add_compile_options(${fuzz_sanitizers})
  add_link_options(${fuzz_sanitizers})
endif()

# A static library of every .cpp under the given folders.
#   clipbench_library(NAME [FOLDERS a b] [EXCLUDE REGEX])   default: the folder the call stands in
function(clipbench_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "EXCLUDE" "FOLDERS")
  if(NOT arg_FOLDERS)
    set(arg_FOLDERS .)
  endif()
  list(TRANSFORM arg_FOLDERS PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  list(TRANSFORM arg_FOLDERS APPEND /*.cpp)
  file(GLOB sources CONFIGURE_DEPENDS ${arg_FOLDERS})
  if(arg_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX ${arg_EXCLUDE})
  endif()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:clipbench_warnings>)
endfunction()
