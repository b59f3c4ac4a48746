// How long it takes to find an opening, in a running suite: scripts/bench --search and --memory.

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "bench/measure.hpp"
#include "messages/appointments.codec.hpp"
#include "messages/envelope.codec.hpp"
#include "runtime/clock.hpp"
#include "runtime/metrics.hpp"
#include "runtime/service_client.hpp"
#include "runtime/zone.hpp"
#include "support/http.hpp"

namespace bridgework::bench {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr const char* kHelp = R"(bench_openings --data DIR --url URL [--full-days N] [--rounds N] [--requests N] [--json]

  --data DIR       of a suite that scripts/up has started; its sites are used, or 81 are made
  --url URL        of its gateway
  --full-days N    then fills that many days of every site and measures again (default 50; 0: not)
  --rounds N       of measuring; the median of the rounds counts (default 5)
  --requests N     of each kind in a round (default 200)
  --json           one object on standard output
)";

constexpr int kSites = 81, kProviders = 6, kDays = 60, kHalfFullDays = 14;
constexpr int kOpens = 8, kNoon = 12, kCloses = 18;
constexpr const char* kZones[] = {"America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"};
constexpr const char* kTypes[] = {"exam", "hygiene", "filling", "crown", "root-canal", "implant", "check", "emergency"};
constexpr std::size_t kInFlight = 192;

struct Options {
  std::string data, url;
  int full_days = 50, rounds = 5, requests = 200;
  bool json = false;
};

std::string first_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) give_up("cannot read " + path);
  return line;
}

/// The appointments service, asked as the gateway asks it.
class Desk {
 public:
  explicit Desk(const std::string& data) : metrics_("bench"), client_(context_, options_for(data), metrics_) {}

  template <class Message>
  void ask(const Message& message, runtime::Call::Kind kind, std::string key, std::function<void(const messages::Reply&)> answered) {
    runtime::Call call;
    call.kind = kind;
    call.service = "appointments";
    call.key = std::move(key);
    call.request.type_id = Message::kTypeId;
    call.request.body = encode(message);
    call.request.principal = "bench";
    call.request.idempotency_key = "openings-" + run_ + "-" + std::to_string(++asked_);
    call.request.deadline = runtime::system_now() + 60s;
    client_.ask(std::move(call), std::move(answered));
  }
  template <class Message>
  messages::Reply wait_for(const Message& message, runtime::Call::Kind kind, const std::string& key) {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<messages::Reply> got;
    ask(message, kind, key, [&](const messages::Reply& reply) {
      const std::scoped_lock lock(mutex);
      got = reply;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return got.has_value(); });
    if (got->outcome != messages::Outcome::kDone) give_up("asking the suite: " + got->code + " " + got->detail);
    return std::move(*got);
  }
  template <class Query>
  typename Query::Answer answer(const Query& query, const std::string& key = {}) {
    auto answer = messages::decode_as<typename Query::Answer>(wait_for(query, runtime::Call::Kind::kQuery, key).body);
    if (!answer) give_up("an answer cannot be read");
    return std::move(*answer);
  }
  template <class Command>
  void must(const Command& command) {
    wait_for(command, runtime::Call::Kind::kCommand, std::string(key_of(command)));
  }

 private:
  static runtime::ServiceClient::Options options_for(const std::string& data) {
    runtime::ServiceClient::Options options;
    options.group = "group";
    options.redis.unix_socket = first_line_of(data + "/run/sockets") + "/redis.sock";
    options.redis.user = "operator";
    options.redis.password = first_line_of(data + "/redis-users/operator.password");
    return options;
  }
  runtime::Context context_;
  runtime::Metrics metrics_;
  runtime::ServiceClient client_;
  const std::string run_ = std::to_string(runtime::system_now().time_since_epoch().count());
  std::atomic<std::uint64_t> asked_ = 0;
};

std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }

/// What a search finds its way in.
struct Site {
  SiteId id;
  std::string zone;
};

/// Nobody works at two sites at once.
ProviderId provider_of(const SiteId& site, int number) { return ProviderId(site.text() + "-provider-" + std::to_string(number)); }

std::vector<Site> set_up(Desk& desk) {
  std::vector<messages::SiteView> known = desk.answer(messages::ListSites{}).sites;
  if (known.empty()) {
    for (int i = 0; i < kSites; ++i)
      known.push_back({.site = SiteId("site-" + two_digits(i)), .name = "Site " + two_digits(i), .zone = kZones[i % 4]});
  }
  std::vector<messages::OpeningHours> hours;
  for (std::uint8_t weekday = 1; weekday <= 5; ++weekday)
    hours.push_back({.weekday = weekday, .from_minute = kOpens * 60, .until_minute = kCloses * 60});
  std::vector<Site> sites;
  for (const auto& site : known) {
    desk.must(messages::DefineSite{.site = site.site, .name = site.name, .zone = site.zone, .phone = "+12125550100", .hours = hours});
    for (int i = 0; i < kProviders; ++i) {
      const std::string number = std::to_string(i);
      desk.must(messages::DefineProvider{
          .provider = provider_of(site.site, i), .site = site.site, .name = "Provider " + number, .shifts = hours});
      desk.must(messages::DefineChair{.chair = ChairId("chair-" + number), .site = site.site, .name = "Chair " + number});
    }
    std::uint16_t minutes = 30;
    for (const char* type : kTypes) {
      desk.must(messages::DefineVisitType{
          .visit_type = type, .site = site.site, .name = type, .duration_minutes = minutes, .buffer_minutes = 10});
      minutes = static_cast<std::uint16_t>(minutes + 10);
    }
    desk.must(messages::DefineVisitType{.visit_type = "hour", .site = site.site, .name = "An hour", .duration_minutes = 60});
    sites.push_back({site.site, site.zone});
  }
  return sites;
}

/// Holds and books visits of an hour that end by then, every `every`th of those there are, so many days from today on. How many it booked.
std::size_t book(Desk& desk, const std::vector<Site>& sites, int days, int closes, int every, std::uint64_t& number) {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t open = 0, booked = 0;
  const auto ended = [&](bool was_booked) {
    const std::scoped_lock lock(mutex);
    --open;
    if (was_booked) ++booked;
    changed.notify_all();
  };
  for (int day = 0; day < days; ++day) {
    for (int hour = kOpens; hour < closes; ++hour) {
      for (int provider = 0; provider < kProviders; ++provider) {
        for (const Site& site : sites) {
          const LocalDay date = runtime::local_day(runtime::system_now(), site.zone) + std::chrono::days(day);
          if (runtime::weekday(date) > 5) continue;
          if (++number % static_cast<std::uint64_t>(every) != 0) continue;
          {
            std::unique_lock lock(mutex);
            changed.wait(lock, [&] { return open < kInFlight; });
            ++open;
          }
          const AppointmentId appointment(site.id.text() + ".bench-" + std::to_string(number));
          const messages::HoldSlot hold{.site = site.id,
                                        .appointment = appointment,
                                        .person = PersonId("p-" + std::to_string(number % 100'000)),
                                        .visit_type = "hour",
                                        .provider = provider_of(site.id, provider),
                                        .local_start = LocalTime{date.time_since_epoch() + std::chrono::hours(hour)}};
          desk.ask(hold, runtime::Call::Kind::kCommand, site.id.text(), [&, appointment](const messages::Reply& held) {
            // In the past, or taken by the half that was booked before.
            if (held.outcome != messages::Outcome::kDone) return ended(false);
            desk.ask(messages::BookAppointment{.appointment = appointment}, runtime::Call::Kind::kCommand, appointment.text(),
                     [&](const messages::Reply& reply) { ended(reply.outcome == messages::Outcome::kDone); });
          });
        }
      }
    }
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return open == 0; });
  return booked;
}

struct Timed {
  double p50_ms, p99_ms;
};

class Bench {
 public:
  explicit Bench(Options options)
      : options_(std::move(options)), desk_(options_.data), api_(options_.url, first_line_of(options_.data + "/admin.key")) {}

  int run() {
    say("making the calendars");
    sites_ = set_up(desk_);
    std::uint64_t number = 0;
    std::size_t booked = book(desk_, sites_, kHalfFullDays, kCloses, 2, number);
    say(std::to_string(booked) + " visits booked: every second hour of two weeks");
    settle();
    measure("easy");
    if (options_.full_days > 0) {
      booked += book(desk_, sites_, options_.full_days, kNoon, 1, number);
      say(std::to_string(booked) + " visits booked: no morning is free for " + std::to_string(options_.full_days) + " days");
      settle();
      measure("mornings");
      booked += book(desk_, sites_, options_.full_days, kCloses, 1, number);
      say(std::to_string(booked) + " visits booked: no hour is free for " + std::to_string(options_.full_days) + " days");
      settle();
      measure("full");
    }
    figures_["sites"] = sites_.size();
    figures_["booked"] = booked;
    if (options_.json) std::printf("%s\n", json::serialize(figures_).c_str());
    return 0;
  }

 private:
  /// The rest of the suite does what follows from the bookings.
  void settle() {
    for (int quiet = 0, tries = 0; quiet < 2; ++tries) {
      if (tries > 3'000) give_up("the suite does not come to rest");
      const auto status = api_.get("/v1/status");
      bool behind = status.status != 200;
      if (const auto* services = status.json.is_object() ? status.json.as_object().if_contains("services") : nullptr)
        for (const auto& service : services->as_array()) behind = behind || service.at("lag").to_number<std::int64_t>() > 0;
      quiet = behind ? 0 : quiet + 1;
      std::this_thread::sleep_for(200ms);
    }
  }

  Timed timed(const std::function<void(int)>& once) {
    std::vector<double> p50, p99;
    for (int round = 0; round < options_.rounds; ++round) {
      std::vector<double> milliseconds;
      for (int i = 0; i < options_.requests; ++i) {
        const auto begun = now_ns();
        once(round * options_.requests + i);
        milliseconds.push_back(seconds_since(begun) * 1000);
      }
      p50.push_back(median(milliseconds));
      p99.push_back(percentile(milliseconds, 0.99));
    }
    return {median(p50), median(p99)};
  }

  void measure(const std::string& calendar) {
    messages::FindOpenings openings;
    openings.type = "crown";
    openings.days = kDays;
    const auto today = runtime::local_day(runtime::system_now(), sites_.front().zone);
    messages::FindOpenings mornings = openings;
    mornings.from_minute = kOpens * 60;
    mornings.until_minute = kNoon * 60;
    const std::string path = "/v1/openings?type=crown&days=" + std::to_string(kDays);
    const std::string in_the_morning = path + "&from_minute=" + std::to_string(kOpens * 60) + "&until_minute=" + std::to_string(kNoon * 60);
    const auto check = [&](std::size_t found) {
      if (found != openings.limit) give_up("found " + std::to_string(found) + " openings");
    };
    const auto site_of = [&](int i) -> const Site& { return sites_[static_cast<std::size_t>(i) % sites_.size()]; };
    tell(calendar, "openings_service", "20 of all sites, 60 days, asked by ZeroMQ",
         timed([&](int) { check(desk_.answer(openings).slots.size()); }));
    tell(calendar, "openings_http", "the same through HTTP and JSON",
         timed([&](int) { check(api_.get(path).json.at("slots").as_array().size()); }));
    tell(calendar, "mornings_service", "20 mornings of all sites, 60 days, by ZeroMQ",
         timed([&](int) { check(desk_.answer(mornings).slots.size()); }));
    tell(calendar, "mornings_http", "the same through HTTP and JSON",
         timed([&](int) { check(api_.get(in_the_morning).json.at("slots").as_array().size()); }));
    tell(calendar, "slots_service", "20 of one site, 60 days, by ZeroMQ", timed([&](int i) {
           const Site& site = site_of(i);
           check(desk_.answer(messages::FindSlots{.site = site.id, .type = "crown", .from = today, .days = kDays}, site.id.text())
                     .slots.size());
         }));
    tell(calendar, "day_sheet_service", "a day sheet of the coming two weeks, by ZeroMQ", timed([&](int i) {
           const Site& site = site_of(i);
           desk_.answer(messages::ListAppointments{.site = site.id, .day = today + std::chrono::days(i % kHalfFullDays)}, site.id.text());
         }));
  }

  void tell(const std::string& calendar, const std::string& name, const std::string& what, Timed timed) {
    figures_[calendar + "_" + name + "_p50_ms"] = timed.p50_ms;
    figures_[calendar + "_" + name + "_p99_ms"] = timed.p99_ms;
    if (!options_.json)
      std::printf("%s calendar: %-46s p50 %6.2f ms  p99 %6.2f ms\n", calendar.c_str(), what.c_str(), timed.p50_ms, timed.p99_ms);
    std::fflush(stdout);
  }

  const Options options_;
  Desk desk_;
  support::Api api_;
  std::vector<Site> sites_;
  json::object figures_;
};

}  // namespace
}  // namespace bridgework::bench

int main(int argc, char** argv) {
  using namespace bridgework::bench;
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> std::string {
      if (++i >= argc) give_up(word + " needs a value");
      return argv[i];
    };
    if (word == "--data") options.data = value();
    else if (word == "--url") options.url = value();
    else if (word == "--full-days") options.full_days = std::atoi(value().c_str());
    else if (word == "--rounds") options.rounds = std::atoi(value().c_str());
    else if (word == "--requests") options.requests = std::atoi(value().c_str());
    else if (word == "--json") options.json = true;
    else {
      std::fputs(kHelp, word == "--help" || word == "-h" ? stdout : stderr);
      return word == "--help" || word == "-h" ? 0 : 2;
    }
  }
  if (options.data.empty() || options.url.empty() || options.rounds < 1 || options.requests < 1) {
    std::fputs(kHelp, stderr);
    return 2;
  }
  return Bench(std::move(options)).run();
}
