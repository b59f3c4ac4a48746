# Functions that turn schemas into sources.
#
#   bridgework_schema(appointments services/appointments/state.capnp)
#     appointments_state        headers: #include "appointments/state.values.hpp"
#     appointments_state_codec  encode and decode: #include "appointments/state.codec.hpp"

include_guard(GLOBAL)

if(NOT TARGET CapnProto::capnp)
  # Its package looks for libatomic with a C program, which a C++ project cannot compile; 64-bit atomics need no library here.
  set(FOUND_LIBATOMIC TRUE)
  find_package(CapnProto REQUIRED GLOBAL)
endif()

# One root for all generated headers, whatever folder asks for them.
set(BRIDGEWORK_GENERATED_DIR ${PROJECT_BINARY_DIR}/generated CACHE INTERNAL "Root of generated headers")
file(MAKE_DIRECTORY ${BRIDGEWORK_GENERATED_DIR})

# Every schema with messages in it, by file name.
set(BRIDGEWORK_MESSAGE_FILES lead_intake appointments followup outreach feedback journey analytics envelope
    CACHE INTERNAL "Schemas in messages/")

# The capnp command, official plugin and imports shared by all calls. Schemas import each other relatively, or from the repository
# root by absolute path.
function(bridgework_capnp_compile)
  cmake_parse_arguments(arg "" "PLUGIN;ROOT;SCHEMA" "OUTPUT;DEPENDS" ${ARGN})
  # Any schema may import any other; rebuilding all after a change of one is cheap and never wrong.
  set(imports ${BRIDGEWORK_MESSAGE_FILES} catalogue)
  list(TRANSFORM imports REPLACE "(.+)" "${PROJECT_SOURCE_DIR}/messages/\\1.capnp")
  add_custom_command(
    OUTPUT ${arg_OUTPUT}
    COMMAND ${CAPNP_EXECUTABLE} compile -I${PROJECT_SOURCE_DIR}
            -o${arg_PLUGIN}:${BRIDGEWORK_GENERATED_DIR} --src-prefix=${arg_ROOT} ${arg_ROOT}/${arg_SCHEMA}.capnp
    DEPENDS ${arg_ROOT}/${arg_SCHEMA}.capnp ${imports} ${arg_DEPENDS}
    COMMENT "Compiling schema ${arg_SCHEMA}.capnp"
    VERBATIM)
endfunction()

# Sources of the official capnp C++ output.
function(bridgework_wire_sources result)
  cmake_parse_arguments(arg "" "ROOT" "SCHEMAS" ${ARGN})
  set(sources)
  foreach(schema IN LISTS arg_SCHEMAS)
    set(stem ${BRIDGEWORK_GENERATED_DIR}/${schema})
    bridgework_capnp_compile(PLUGIN ${CAPNPC_CXX_EXECUTABLE} ROOT ${arg_ROOT} SCHEMA ${schema}
                             OUTPUT ${stem}.capnp.c++ ${stem}.capnp.h)
    list(APPEND sources ${stem}.capnp.c++ ${stem}.capnp.h)
  endforeach()
  set_source_files_properties(${sources} PROPERTIES GENERATED TRUE)
  set(${result} ${sources} PARENT_SCOPE)
endfunction()

# Sources of our own output: values and codecs.
function(bridgework_codec_sources result)
  cmake_parse_arguments(arg "" "ROOT" "SCHEMAS" ${ARGN})
  set(sources)
  foreach(schema IN LISTS arg_SCHEMAS)
    set(stem ${BRIDGEWORK_GENERATED_DIR}/${schema})
    set(outputs ${stem}.codec.cpp ${stem}.codec.hpp ${stem}.values.hpp ${stem}.wire.hpp)
    bridgework_capnp_compile(PLUGIN $<TARGET_FILE:capnpc-bridgework> ROOT ${arg_ROOT} SCHEMA ${schema}
                             OUTPUT ${outputs} DEPENDS capnpc-bridgework)
    list(APPEND sources ${outputs})
  endforeach()
  set_source_files_properties(${sources} PROPERTIES GENERATED TRUE)
  set(${result} ${sources} PARENT_SCOPE)
endfunction()

# A service's own state: values for its core, a codec for its model.
function(bridgework_schema name schema)
  cmake_path(RELATIVE_PATH schema BASE_DIRECTORY services OUTPUT_VARIABLE stem)
  cmake_path(REMOVE_EXTENSION stem)
  set(root ${PROJECT_SOURCE_DIR}/services)
  bridgework_wire_sources(wire_sources ROOT ${root} SCHEMAS ${stem})
  bridgework_codec_sources(codec_sources ROOT ${root} SCHEMAS ${stem})
  add_custom_target(${name}_state_generated DEPENDS ${wire_sources} ${codec_sources})

  add_library(${name}_state INTERFACE)
  target_link_libraries(${name}_state INTERFACE bridgework_values)
  add_dependencies(${name}_state ${name}_state_generated)

  add_library(${name}_state_codec STATIC ${wire_sources} ${codec_sources})
  target_link_libraries(${name}_state_codec PUBLIC ${name}_state bridgework_codec PRIVATE bridgework_wire)
  add_dependencies(${name}_state_codec ${name}_state_generated)
  set_source_files_properties(${BRIDGEWORK_GENERATED_DIR}/${stem}.capnp.c++ PROPERTIES COMPILE_OPTIONS -w)
  # What a service keeps outlives a release as events do, so the same nets watch it.
  set_property(TARGET bridgework_message_compiler APPEND PROPERTY BRIDGEWORK_STATE_SCHEMAS ${schema})
endfunction()
