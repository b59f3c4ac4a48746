#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstdlib>

#include "runtime/clock.hpp"

namespace bridgework::runtime {
namespace {

static_assert(std::endian::native == std::endian::little, "the offset file is little-endian and read in place");
static_assert(std::atomic_ref<std::int64_t>::is_always_lock_free, "another process writes it");

struct OffsetFile {
  std::int64_t* offset = nullptr;  ///< mapped for the life of the process, and for reading only
  std::string refusal;
};

OffsetFile map_offset() {
  const char* path = std::getenv("BRIDGEWORK_TEST_CLOCK");
  if (path == nullptr) return {};
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return {nullptr, "cannot open the test clock " + std::string(path)};
  struct stat about {};
  if (::fstat(file, &about) != 0 || about.st_size != 8) {
    ::close(file);
    return {nullptr, "the test clock " + std::string(path) + " must be a file of 8 bytes: microseconds, little-endian"};
  }
  void* mapped = ::mmap(nullptr, 8, PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  if (mapped == MAP_FAILED) return {nullptr, "cannot map the test clock " + std::string(path)};
  return {static_cast<std::int64_t*>(mapped), {}};
}

const OffsetFile& offset_file() {
  static const OffsetFile mapped = map_offset();
  return mapped;
}

}  // namespace

std::chrono::microseconds clock_offset() {
  std::int64_t* offset = offset_file().offset;
  if (offset == nullptr) return std::chrono::microseconds{0};
  return std::chrono::microseconds{std::atomic_ref<std::int64_t>(*offset).load(std::memory_order_acquire)};
}

bool clock_is_driven() { return offset_file().offset != nullptr; }

std::optional<std::string> clock_refusal() {
  if (!offset_file().refusal.empty()) return offset_file().refusal;
  return std::nullopt;
}

}  // namespace bridgework::runtime
