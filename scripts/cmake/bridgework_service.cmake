# What a service is made of, in one call.
#
#   bridgework_service(appointments CORE decide.cpp answer.cpp [EDGE perform.cpp] [CORE_LIBRARIES x] [EDGE_LIBRARIES y])
#     appointments_core   rules: no I/O, no wire format
#     appointments        bin/appointments, on the machine's clock
#     appointments_test   test-bin/appointments, on a clock that tests drive and with the defects they ask for
#   bridgework_unit_test(appointments [TOGETHER 6] hold_test.cpp ...)
#     TOGETHER   so many files are compiled as one: most of what takes time is what they have in common. Their names must differ.

function(bridgework_service name)
  cmake_parse_arguments(arg "" "" "CORE;EDGE;CORE_LIBRARIES;EDGE_LIBRARIES" ${ARGN})
  bridgework_schema(${name} services/${name}/state.capnp)

  add_library(${name}_core STATIC ${arg_CORE})
  target_link_libraries(${name}_core PUBLIC ${name}_state bridgework_rules ${arg_CORE_LIBRARIES})

  add_library(${name}_main OBJECT main.cpp ${arg_EDGE})
  target_link_libraries(${name}_main PUBLIC ${name}_core ${name}_state_codec bridgework_runtime ${arg_EDGE_LIBRARIES})
  bridgework_process(${name})
endfunction()

# Two programs from the same objects: which clock they follow, and whether they can be made to fail, is decided by the linker, so no build can be both.
function(bridgework_process name)
  add_executable(${name})
  target_link_libraries(${name} PRIVATE ${name}_main bridgework_clock_system bridgework_faults_none)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  add_executable(${name}_test)
  target_link_libraries(${name}_test PRIVATE ${name}_main bridgework_clock_test bridgework_faults_test)
  set_target_properties(${name}_test PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/test-bin)
  set_property(GLOBAL APPEND PROPERTY BRIDGEWORK_PROCESSES ${name} ${name}_test)
endfunction()

function(bridgework_unit_test name)
  cmake_parse_arguments(arg "" "TOGETHER" "LIBRARIES" ${ARGN})
  add_executable(${name}_unit_test ${arg_UNPARSED_ARGUMENTS})
  target_link_libraries(${name}_unit_test PRIVATE ${arg_LIBRARIES} bridgework_gtest)
  # What is tested is optimised, the tests are not: they are half of all there is to compile.
  target_compile_options(${name}_unit_test PRIVATE -O0)
  if(arg_TOGETHER)
    set_target_properties(${name}_unit_test PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${arg_TOGETHER})
  endif()
  if(TARGET ${name}_core)
    target_link_libraries(${name}_unit_test PRIVATE ${name}_core)
  endif()
  target_include_directories(${name}_unit_test PRIVATE ${PROJECT_SOURCE_DIR})
  set_target_properties(${name}_unit_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME unit.${name} COMMAND ${name}_unit_test)
  set_tests_properties(unit.${name} PROPERTIES LABELS unit TIMEOUT 120)
endfunction()
