#include "outreach/perform.hpp"

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "outreach/mime.hpp"

namespace bridgework::outreach {
namespace {

/// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool is_open() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool sync_directory(const std::filesystem::path& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return opened.is_open() && ::fsync(opened.get()) == 0;
}

enum class Written {
  kYes,    ///< on disk, now or already before
  kNo,     ///< nothing of it shows under its name
  kMaybe,  ///< it shows, but may not outlive a power cut
};

Written write_once(const std::filesystem::path& path, std::string_view bytes) {
  std::error_code error;
  if (std::filesystem::exists(path, error)) return Written::kYes;
  const std::filesystem::path directory = path.parent_path();
  std::filesystem::create_directories(directory, error);
  std::filesystem::path unfinished = path;
  unfinished += "." + std::to_string(::getpid()) + ".tmp";
  bool written = false;
  {
    const Descriptor file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    written = file.is_open() && write_all(file.get(), bytes) && ::fsync(file.get()) == 0;
  }
  if (written && ::rename(unfinished.c_str(), path.c_str()) == 0) {
    return sync_directory(directory) ? Written::kYes : Written::kMaybe;
  }
  ::unlink(unfinished.c_str());
  return Written::kNo;
}

std::string text_message(const SendMessage& effect) { return "To: " + effect.to.reveal() + "\n\n" + effect.body.reveal() + "\n"; }

}  // namespace

messages::RecordSend perform_at(const SendMessage& effect, const runtime::IndexReader& indexes, const Config& config, Instant now) {
  const auto report = [&](MessageState state, MessageReason reason) { return messages::RecordSend{effect.message, state, reason}; };
  if (indexes.index_has(kSuppressedIndex, effect.to.reveal())) return report(MessageState::kWithheld, MessageReason::kSuppressed);
  // Asked at the last moment, so that what was decided before the hold is held too.
  std::error_code error;
  if (!config.hold_file.empty() && std::filesystem::exists(config.hold_file, error))
    return report(MessageState::kPlanned, MessageReason::kHeld);
  if (now >= effect.not_after) return report(MessageState::kPlanned, MessageReason::kQuietHours);

  const bool is_sms = effect.channel == Channel::kSms;
  const auto email = is_sms ? tl::expected<std::string, HeaderRefused>(text_message(effect)) : write_email(effect, config.mail_from);
  if (!email) return report(MessageState::kFailed, MessageReason::kChannelFailed);
  const std::filesystem::path path =
      std::filesystem::path(config.outbox) / (file_name_of(effect.message.text()) + (is_sms ? ".txt" : ".eml"));
  switch (write_once(path, *email)) {
    case Written::kYes: return report(MessageState::kSent, MessageReason::kNone);
    case Written::kNo: return report(MessageState::kFailed, MessageReason::kChannelFailed);
    case Written::kMaybe: break;
  }
  return uncertain(effect);
}

messages::RecordSend uncertain(const SendMessage& effect) {
  return {effect.message, MessageState::kUncertain, MessageReason::kProcessDied};
}

}  // namespace bridgework::outreach
