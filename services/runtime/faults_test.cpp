#include <atomic>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime/faults.hpp"

namespace bridgework::runtime {
namespace {

class Poisoned final : public Handler {
 public:
  explicit Poisoned(const Handler& handler) : real_(handler) {
    const char* wanted = std::getenv("BRIDGEWORK_TEST_POISON");
    std::istringstream list(wanted == nullptr ? "" : wanted);
    for (std::string one; std::getline(list, one, ',');) {
      std::istringstream parts(one);
      std::string service, what, text;
      std::getline(parts, service, ':');
      std::getline(parts, what, ':');
      std::getline(parts, text);
      if (service == real_.name() && !text.empty()) (what == "abort" ? aborts_ : what == "throw" ? throws_ : loops_).push_back(text);
    }
  }
  bool empty() const { return aborts_.empty() && throws_.empty() && loops_.empty(); }

  std::string_view name() const override { return real_.name(); }
  std::vector<ConsumedType> consumed() const override { return real_.consumed(); }
  bool is_command(std::uint64_t type_id) const override { return real_.is_command(type_id); }
  bool is_query(std::uint64_t type_id) const override { return real_.is_query(type_id); }
  std::string command_key(std::uint64_t type_id, std::string_view body) const override { return real_.command_key(type_id, body); }
  std::unique_ptr<LaneRecords> new_lane() const override { return real_.new_lane(); }
  tl::expected<Decided, Undecided> decide(LaneRecords& records, const Work& work) const override {
    if (work.kind == Work::Kind::kEvent && holds(work.body, aborts_)) std::abort();
    if (work.kind == Work::Kind::kEvent && holds(work.body, throws_)) throw std::runtime_error("a defect a test asked for");
    if (work.kind == Work::Kind::kEvent && holds(work.body, loops_)) {
      for (std::atomic<bool> for_ever{true}; for_ever;) {
      }
    }
    return real_.decide(records, work);
  }
  std::vector<std::string> missing(const LaneRecords& records, const Work& work) const override { return real_.missing(records, work); }
  tl::expected<Answered, std::string> answer(RecordReader& reader, std::uint64_t type_id, std::string_view body,
                                             Instant now) const override {
    return real_.answer(reader, type_id, body, now);
  }
  bool performs_effects() const override { return real_.performs_effects(); }
  tl::expected<Command, std::string> perform(RecordReader& reader, std::string_view effect) const override {
    return real_.perform(reader, effect);
  }
  tl::expected<Command, std::string> uncertain(std::string_view effect) const override { return real_.uncertain(effect); }

 private:
  static bool holds(std::string_view body, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      if (body.find(text) != std::string_view::npos) return true;
    }
    return false;
  }

  const Handler& real_;
  std::vector<std::string> aborts_, throws_, loops_;
};

}  // namespace

const Handler& with_test_faults(const Handler& handler) {
  static const Poisoned poisoned(handler);
  return poisoned.empty() ? handler : poisoned;
}

}  // namespace bridgework::runtime
