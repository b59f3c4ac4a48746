// Channel `file`: what leaves, once, and what does not.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <unistd.h>

#include "outreach/perform.hpp"
#include "tests/unit/outreach/practice.hpp"

namespace bridgework::outreach {
namespace {

namespace fs = std::filesystem;

struct Indexes : runtime::IndexReader {
  std::set<std::string> suppressed;
  bool index_has(std::string_view index, std::string_view member) const override {
    return index == kSuppressedIndex && suppressed.contains(std::string(member));
  }
};

class FileChannel : public ::testing::Test {
 protected:
  FileChannel() {
    std::string name = (fs::temp_directory_path() / "bridgework_outbox_XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    root_ = name;
    config.outbox = (root_ / "made" / "when needed").string();
    message.message = MessageId("p-ana.m-1");
    message.channel = Channel::kEmail;
    message.purpose = MessagePurpose::kCare;
    message.to = Phi<std::string>(kMail);
    message.subject_line = Phi<std::string>("Hello");
    message.body = Phi<std::string>("the first body");
    message.date = now;
    message.not_after = now + 1h;
  }
  ~FileChannel() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }

  messages::RecordSend perform_now() { return perform_at(message, indexes, config, now); }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(config.outbox, error)) names.push_back(entry.path().filename().string());
    return names;
  }
  std::string content(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(fs::path(config.outbox) / name, std::ios::binary).rdbuf();
    return text.str();
  }

  Config config;
  Indexes indexes;
  SendMessage message;
  Instant now = utc(2026, 3, 3, 15);
  fs::path root_;
};

TEST_F(FileChannel, NothingLeavesWhileTheGroupHoldsEverythingBack) {
  config.hold_file = (root_ / "hold").string();
  std::ofstream(config.hold_file) << "restored from a backup";
  EXPECT_EQ(perform_now(), (messages::RecordSend{message.message, MessageState::kPlanned, MessageReason::kHeld}));
  EXPECT_TRUE(files().empty());
  fs::remove(config.hold_file);
  EXPECT_EQ(perform_now().state, MessageState::kSent);
}

TEST_F(FileChannel, WritesAnEmail) {
  EXPECT_EQ(perform_now(), (messages::RecordSend{message.message, MessageState::kSent, MessageReason::kNone}));
  EXPECT_EQ(files(), std::vector<std::string>{"p-ana.m-1.eml"});
  EXPECT_TRUE(content("p-ana.m-1.eml").starts_with("Date: Tue, 03 Mar 2026 15:00:00 +0000\r\n"));
}

TEST_F(FileChannel, WritesATextMessage) {
  message.channel = Channel::kSms;
  message.to = Phi<std::string>(kPhone);
  EXPECT_EQ(perform_now().state, MessageState::kSent);
  EXPECT_EQ(files(), std::vector<std::string>{"p-ana.m-1.txt"});
  EXPECT_EQ(content("p-ana.m-1.txt"), "To: +12125550101\n\nthe first body\n");
}

TEST_F(FileChannel, WritesNothingTwice) {
  perform_now();
  const std::string first = content("p-ana.m-1.eml");
  message.body = Phi<std::string>("another body");
  EXPECT_EQ(perform_now().state, MessageState::kSent) << "it has left already";
  EXPECT_EQ(content("p-ana.m-1.eml"), first);
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(FileChannel, AsksAboutSuppressionRightBefore) {
  indexes.suppressed.insert(kMail);
  EXPECT_EQ(perform_now(), (messages::RecordSend{message.message, MessageState::kWithheld, MessageReason::kSuppressed}));
  EXPECT_TRUE(files().empty());
}

TEST_F(FileChannel, GivesBackWhatIsTooLateForToday) {
  message.not_after = now + 1us;
  EXPECT_EQ(perform_now().state, MessageState::kSent);
  message.message = MessageId("p-ana.m-2");
  message.not_after = now;
  EXPECT_EQ(perform_now(), (messages::RecordSend{message.message, MessageState::kPlanned, MessageReason::kQuietHours}));
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(FileChannel, FailsOnAForgedHeader) {
  message.subject_line = Phi<std::string>("Hello\r\nBcc: eve@example.org");
  EXPECT_EQ(perform_now(), (messages::RecordSend{message.message, MessageState::kFailed, MessageReason::kChannelFailed}));
  EXPECT_TRUE(files().empty());
}

TEST_F(FileChannel, FailsWhenTheOutboxCannotBeMade) {
  std::ofstream(root_ / "made") << "a file where the directory should be";
  EXPECT_EQ(perform_now(), (messages::RecordSend{message.message, MessageState::kFailed, MessageReason::kChannelFailed}));
}

TEST_F(FileChannel, LeavesNothingUnfinishedBehind) {
  fs::create_directories(fs::path(config.outbox) / "p-ana.m-2.eml.taken");
  message.message = MessageId("p-ana.m-2");
  EXPECT_EQ(perform_now().state, MessageState::kSent);
  for (const auto& name : files()) EXPECT_FALSE(name.ends_with(".tmp")) << name;
}

TEST_F(FileChannel, NamesNoFileOutsideTheOutbox) {
  message.message = MessageId("../escaped");
  EXPECT_EQ(perform_now().state, MessageState::kSent);
  EXPECT_EQ(files(), std::vector<std::string>{"%2E.%2Fescaped.eml"});
}

TEST_F(FileChannel, ReportsAnUncertainMessageAsSuch) {
  EXPECT_EQ(uncertain(message), (messages::RecordSend{message.message, MessageState::kUncertain, MessageReason::kProcessDied}));
}

}  // namespace
}  // namespace bridgework::outreach
