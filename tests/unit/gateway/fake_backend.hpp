#pragma once
// A suite that answers what the test says, and remembers what it was asked.

#include <functional>
#include <utility>
#include <vector>

#include "gateway/backend.hpp"
#include "gateway/forms.hpp"
#include "messages/appointments.values.hpp"
#include "messages/lead_intake.values.hpp"

namespace bridgework::gateway {

// SHA-256 of "<role>-key-0123456789".
inline constexpr char kDeskHash[] = "164daeccb1344009dc4f31f1f4f5eccd14bc061cc6255dac0ccffc81bba6fb2b";
inline constexpr char kBiHash[] = "51e1b9f6b679c5ee63aefda9e7909721bcb0e5ffb2b2b772914e049d8fd0046f";
inline constexpr char kIntakeHash[] = "62d569c7f9def07b4f1d3418134b501246e8cf56b9180ff2015e1389df502869";

/// A gateway without forms.
inline const Forms& forms() {
  static const Forms kForms;
  return kForms;
}

/// A site whose public form is open, for ten a day.
inline messages::SiteView harbour(std::vector<messages::VisitTypeView> types) {
  return {.site = SiteId("harbour"),
          .name = "Harbour <Dental>",
          .zone = "America/New_York",
          .phone = "+12025550100",
          .types_in_full = std::move(types)};
}
inline messages::WebFormView form_of_harbour() {
  return {.enabled = true, .daily_cap = 10, .keys = {{.form_key = FormKeyId("harbour.f-1")}}};
}

class FakeBackend : public Backend {
 public:
  std::function<messages::Reply(const runtime::Call&)> on_call = [](const runtime::Call&) { return messages::Reply{}; };
  std::function<tl::expected<messages::FetchReply, std::string>(const messages::Fetch&)> on_fetch = [](const messages::Fetch&) {
    return messages::FetchReply{};
  };
  std::optional<std::string> missing;
  std::vector<runtime::Call> calls;
  std::vector<messages::Fetch> fetches;

  asio::awaitable<messages::Reply> ask(runtime::Call call) override {
    calls.push_back(call);
    co_return on_call(call);
  }
  asio::awaitable<tl::expected<messages::FetchReply, std::string>> fetch(messages::Fetch fetch) override {
    fetches.push_back(fetch);
    co_return on_fetch(fetch);
  }
  asio::awaitable<std::optional<std::string>> not_ready() override { co_return missing; }
  asio::awaitable<tl::expected<std::string, std::string>> status() override { co_return std::string("{\"head\":7}"); }
  asio::awaitable<tl::expected<std::vector<messages::Parked>, std::string>> parked() override { co_return std::vector<messages::Parked>{}; }
  asio::awaitable<tl::expected<bool, std::string>> rebuild(std::string) override { co_return true; }
};

}  // namespace bridgework::gateway
