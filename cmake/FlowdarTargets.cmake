# The flags every target of ours is compiled with, and the three kinds of target there are.

set(FLOWDAR_WARNINGS -Wall -Wextra -Wconversion -Wshadow)
set(FLOWDAR_C_WARNINGS $<$<COMPILE_LANG_AND_ID:C,GNU>:-Wjump-misses-init>)
if(FLOWDAR_WERROR)
  list(APPEND FLOWDAR_WARNINGS -Werror)
endif()

# What the tool is built with. Libraries that run inside somebody's server do not get the
# sanitizers: their runtime cannot be preloaded into a program that was built without it.
add_library(fdar_flags INTERFACE)
target_compile_options(fdar_flags INTERFACE ${FLOWDAR_WARNINGS} ${FLOWDAR_C_WARNINGS} -fno-common)
target_compile_definitions(fdar_flags INTERFACE _GNU_SOURCE)
target_include_directories(fdar_flags INTERFACE ${CMAKE_SOURCE_DIR})

add_library(fdar_sanitize INTERFACE)
if(FLOWDAR_SANITIZE)
  target_compile_options(fdar_sanitize INTERFACE
    -fsanitize=${FLOWDAR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(fdar_sanitize INTERFACE -fsanitize=${FLOWDAR_SANITIZE})
endif()
if(FLOWDAR_SANITIZE MATCHES thread)
  # GLib is not instrumented: what its locks order is told in its place.
  add_library(fdar_tsan_glib STATIC ${CMAKE_SOURCE_DIR}/cmake/tsan_glib.c)
  target_link_libraries(fdar_tsan_glib PRIVATE fdar_flags PkgConfig::GLIB)
  target_link_libraries(fdar_sanitize INTERFACE fdar_tsan_glib)
  foreach(function g_mutex_lock g_mutex_unlock g_cond_wait g_cond_wait_until)
    target_link_options(fdar_sanitize INTERFACE -Wl,--wrap=${function})
  endforeach()
endif()
if(FLOWDAR_COVERAGE)
  target_compile_options(fdar_sanitize INTERFACE --coverage)
  target_link_options(fdar_sanitize INTERFACE --coverage)
endif()
if(FLOWDAR_FUZZ)
  target_compile_options(fdar_sanitize INTERFACE -fsanitize=fuzzer-no-link)
endif()

# fdar_room(ROOM DEPENDS...): one room of the house, as a library of every .c file in the folder ROOM;
# fdar_pipeline_ctf for pipeline/ctf. DEPENDS are rooms, whose headers it may then include, and libraries.
# tests/house/layering.sh reads these lines: what is not named here must not be included.
function(fdar_room room)
  string(REPLACE "/" "_" name fdar_${room})
  set(depends "")
  foreach(dependency ${ARGN})
    if(dependency MATCHES "^[a-z]+(/[a-z0-9]+)?$" AND IS_DIRECTORY ${CMAKE_SOURCE_DIR}/${dependency})
      string(REPLACE "/" "_" dependency fdar_${dependency})
    endif()
    list(APPEND depends ${dependency})
  endforeach()
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${room}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PRIVATE fdar_flags PUBLIC fdar_sanitize ${depends})
    # Rooms go into the plugin for babeltrace2, too; calls inside of one are direct all the same.
    set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_compile_options(${name} PRIVATE $<$<COMPILE_LANG_AND_ID:C,GNU>:-fno-semantic-interposition>)
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE ${depends})
  endif()
endfunction()

# fdar_box(BOX ROOM...): all rooms of a box as one target, for programs that need most of them.
function(fdar_box box)
  add_library(fdar_${box} INTERFACE)
  foreach(room ${ARGN})
    target_link_libraries(fdar_${box} INTERFACE fdar_${box}_${room})
  endforeach()
endfunction()

# fdar_test(NAME SOURCE DEPENDS...): a GLib test program, run by ctest under the label "unit".
function(fdar_test name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE fdar_flags fdar_sanitize PkgConfig::GLIB ${ARGN})
  target_compile_definitions(${name} PRIVATE TEST_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS unit TIMEOUT 600)
endfunction()

# fdar_script_test(NAME SCRIPT LABEL TIMEOUT_S [APART]): a shell test; exit 77 is a skip that says why. The time-out is
# for what hangs, and a machine may be slow: it is ten minutes at the least. Of tests that run at once the longest begin.
# It gets FLOWDAR (the program), FLOWDAR_BUILD and FLOWDAR_SOURCE in its environment.
# APART, a label more: most of its time is waiting, and in a world of its own it can run beside others (tests/apart.sh).
# Not for what measures the machine (samples, rates, losses), and what needs its network.
function(fdar_script_test name script label timeout_s)
  set(cost ${timeout_s})
  if(timeout_s LESS 600)
    set(timeout_s 600)
  endif()
  if("APART" IN_LIST ARGN)
    add_test(NAME ${name} COMMAND bash ${CMAKE_SOURCE_DIR}/tests/apart.sh ${script})
    list(APPEND label apart)
  else()
    add_test(NAME ${name} COMMAND bash ${script})
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT ${timeout_s} SKIP_RETURN_CODE 77 COST ${cost}
    ENVIRONMENT "FLOWDAR=$<TARGET_FILE:flowdar>;FLOWDAR_BUILD=${CMAKE_BINARY_DIR};FLOWDAR_SOURCE=${CMAKE_SOURCE_DIR}")
endfunction()
