# Run by `cmake --install`: headers of ${source} go to ${destination} below the prefix, by way of
# ${staging}, with their includes renamed.
foreach(part profiler guard)
  file(GLOB headers RELATIVE ${source} ${source}/${part}/*.h)
  foreach(header ${headers})
    file(READ ${source}/${header} text)
    string(REGEX REPLACE "#include \"(profiler|guard)/" "#include \"clipbench/\\1/" text "${text}")
    file(CONFIGURE OUTPUT ${staging}/${header} CONTENT "${text}" @ONLY)  # touches only what changed
    list(APPEND staged_${part} ${staging}/${header})
  endforeach()
  file(INSTALL ${staged_${part}} DESTINATION ${CMAKE_INSTALL_PREFIX}/${destination}/${part})
endforeach()
