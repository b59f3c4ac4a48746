# The libraries the suite stands on, each as one target, on Debian 12 and 13 alike.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
pkg_check_modules(zmq REQUIRED IMPORTED_TARGET libzmq)
pkg_check_modules(hiredis REQUIRED IMPORTED_TARGET hiredis)
pkg_check_modules(sodium REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(zstd REQUIRED IMPORTED_TARGET libzstd)
find_package(prometheus-cpp REQUIRED)

# The time-zone library on the system's own data; its package names a CMake file that not every release ships.
find_library(date_tz_library date-tz REQUIRED)
find_path(date_include date/tz.h REQUIRED)
add_library(date_tz INTERFACE IMPORTED)
target_link_libraries(date_tz INTERFACE ${date_tz_library})
target_compile_definitions(date_tz INTERFACE USE_OS_TZDB=1 HAS_REMOTE_API=0)

# On Debian 12 the development package cannot stand beside Boost 1.81 (it pulls 1.74), so scripts/deps unpacks its headers here; on
# Debian 13 they are installed like any others.
find_path(phonenumber_include phonenumbers/phonenumberutil.h
  HINTS ${PROJECT_SOURCE_DIR}/build/deps/phonenumber/usr/include $ENV{BRIDGEWORK_PHONENUMBER_INCLUDE} REQUIRED)
find_library(phonenumber_library NAMES phonenumber libphonenumber.so.8 REQUIRED)
find_package(Protobuf REQUIRED)
add_library(phonenumber::phonenumber INTERFACE IMPORTED)
target_include_directories(phonenumber::phonenumber SYSTEM INTERFACE ${phonenumber_include})
target_link_libraries(phonenumber::phonenumber INTERFACE ${phonenumber_library} ${Protobuf_LIBRARIES})
