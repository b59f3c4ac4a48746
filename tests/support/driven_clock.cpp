#include "support/driven_clock.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>

namespace bridgework::support {

DrivenClock::DrivenClock(const std::filesystem::path& file) {
  const int f = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (f < 0 || ::ftruncate(f, 8) != 0) throw std::runtime_error("no clock file");
  void* mapped = ::mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
  ::close(f);
  if (mapped == MAP_FAILED) throw std::runtime_error("no clock file");
  offset_ = static_cast<std::int64_t*>(mapped);
}
DrivenClock::~DrivenClock() { ::munmap(offset_, 8); }

Instant DrivenClock::now() const {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()) +
         std::chrono::microseconds(std::atomic_ref<std::int64_t>(*offset_).load());
}
void DrivenClock::set(Instant instant) {
  const auto by = instant - std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  std::atomic_ref<std::int64_t> offset(*offset_);
  if (by.count() > offset.load() || offset.load() == 0) offset.store(by.count());
}
void DrivenClock::to_present() { std::atomic_ref<std::int64_t>(*offset_).store(0); }

}  // namespace bridgework::support
