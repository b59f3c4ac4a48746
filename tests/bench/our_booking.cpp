#include "bench/our_booking.hpp"

#include <atomic>
#include <condition_variable>
#include <fstream>
#include <functional>
#include <mutex>
#include <random>
#include <thread>

#include "bench/redis_peer.hpp"
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

constexpr const char* kKey = "a key of this measurement alone";
constexpr const char* kZone = "America/New_York";

/// A client of the suite's services that waits for answers.
class Suite {
 public:
  Suite(const std::string& group, const std::string& redis_socket)
      : metrics_("bench"), client_(context_, suite_of(group, redis_socket), metrics_) {}

  template <class Command>
  void ask(const Command& command, const std::string& site, std::uint64_t number, std::function<void(const messages::Reply&)> answered) {
    runtime::Call call;
    call.service = "appointments";
    call.key = site;
    call.request.type_id = Command::kTypeId;
    call.request.body = encode(command);
    call.request.principal = "bench";
    call.request.idempotency_key = std::to_string(number);
    call.request.deadline = runtime::system_now() + 30s;
    client_.ask(std::move(call), std::move(answered));
  }
  template <class Command>
  void must(const Command& command, const std::string& site, std::uint64_t number) {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<messages::Reply> got;
    ask(command, site, number, [&](const messages::Reply& reply) {
      const std::scoped_lock lock(mutex);
      got = reply;
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return got.has_value(); });
    if (got->outcome != messages::Outcome::kDone) give_up("setting up a site: " + got->code + " " + got->detail);
  }

 private:
  runtime::Context context_;
  runtime::Metrics metrics_;
  runtime::ServiceClient client_;
};

std::string site_name(int site) { return "s-" + std::to_string(site); }
/// Each site has its own, as nobody is in two places.
std::string provider_name(const std::string& site, int provider) { return site + "-d-" + std::to_string(provider); }

/// A random time of the practice.
struct Wish {
  std::string site, provider, chair;
  LocalTime start;
};
class Wishes {
 public:
  explicit Wishes(const Practice& practice, std::uint64_t seed) : practice_(practice), random_(seed) {
    first_ = std::chrono::floor<std::chrono::days>(LocalTime(runtime::system_now().time_since_epoch() / 1s * 1s)) + std::chrono::days(1);
    while (std::chrono::weekday(std::chrono::sys_days(first_.time_since_epoch())) != std::chrono::Monday) first_ += std::chrono::days(1);
  }
  Wish next() {
    const auto below = [&](int n) { return static_cast<int>(random_() % static_cast<std::uint64_t>(n)); };
    const int day = below(practice_.days);
    const std::string site = site_name(below(practice_.sites));
    return {site, provider_name(site, below(practice_.providers)), "c-" + std::to_string(below(practice_.chairs)),
            LocalTime(first_ + std::chrono::days(day / 5 * 7 + day % 5)) + 8h + below(practice_.slots) * 30min};
  }

 private:
  Practice practice_;
  std::mt19937_64 random_;
  LocalDay first_;
};

std::string text_of(LocalTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02ld:%02ld:00", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<long>(clock.hours().count()), static_cast<long>(clock.minutes().count()));
  return text;
}

}  // namespace

Booking::Booking(const Plan& plan, const std::string& directory, const std::string& redis_socket)
    : group_(new_group()),
      directory_(directory),
      redis_socket_(redis_socket),
      url_("http://127.0.0.1:" + std::to_string(plan.port + 1)),
      bus_(plan, directory, redis_socket, group_) {
  std::ofstream(directory + "/admin.key") << kKey << "\n";
  const std::vector<std::string> common = {"--instance", "1",          "--group", group_,           "--run-dir",
                                           directory,    "--data-dir", directory, "--redis-socket", redis_socket};
  const auto start = [&](const std::string& program, std::vector<std::string> more) {
    std::vector<std::string> command{plan.bin + "/" + program};
    command.insert(command.end(), common.begin(), common.end());
    command.insert(command.end(), more.begin(), more.end());
    processes_.emplace_back(std::move(command), directory + "/" + program + ".log");
  };
  start("appointments", {});
  start("gateway", {"--http-port", std::to_string(plan.port + 1)});
  set_up();
}

void Booking::set_up() {
  Suite suite(group_, redis_socket_);
  std::vector<messages::OpeningHours> hours;
  for (std::uint8_t day = 1; day <= 5; ++day) hours.push_back({.weekday = day, .from_minute = 480, .until_minute = 1080});
  for (int s = 0; s < practice_.sites; ++s) {
    const SiteId site(site_name(s));
    suite.must(messages::DefineSite{.site = site, .name = "Site", .zone = kZone, .phone = "+12125550100", .hours = hours}, site.text(),
               ++asked_);
    suite.must(
        messages::DefineVisitType{
            .visit_type = "exam", .site = site, .name = "Exam", .duration_minutes = 30, .purpose = messages::Purpose::kExam},
        site.text(), ++asked_);
    for (int p = 0; p < practice_.providers; ++p)
      suite.must(
          messages::DefineProvider{
              .provider = ProviderId(provider_name(site.text(), p)), .site = site, .name = "Provider", .shifts = hours},
          site.text(), ++asked_);
    for (int c = 0; c < practice_.chairs; ++c)
      suite.must(messages::DefineChair{.chair = ChairId("c-" + std::to_string(c)), .site = site, .name = "Chair"}, site.text(), ++asked_);
  }
}

Booking::Rate Booking::commands(std::size_t clients, double seconds) {
  Suite suite(group_, redis_socket_);
  Wishes wishes(practice_, asked_ + 1);
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t open = 0, answered = 0, taken = 0;
  std::string trouble;
  const std::int64_t begun = now_ns();
  const auto until = begun + static_cast<std::int64_t>(seconds * 1e9);
  std::function<void()> ask = [&] {
    const Wish wish = wishes.next();
    const std::uint64_t number = ++asked_;
    ++open;
    suite.ask(messages::HoldSlot{.site = SiteId(wish.site),
                                 .appointment = AppointmentId(wish.site + ".v-" + std::to_string(number)),
                                 .person = PersonId("p-" + std::to_string(number % 10'000)),
                                 .visit_type = "exam",
                                 .provider = ProviderId(wish.provider),
                                 .chair = ChairId(wish.chair),
                                 .local_start = wish.start},
              wish.site, number, [&](const messages::Reply& reply) {
                const std::scoped_lock lock(mutex);
                --open;
                ++answered;
                if (reply.outcome == messages::Outcome::kDone) ++taken;
                else if (reply.code != "slot_taken") trouble = reply.code + " " + reply.detail;
                if (now_ns() < until) ask();
                if (open == 0) changed.notify_all();
              });
  };
  std::unique_lock lock(mutex);
  for (std::size_t c = 0; c < clients; ++c) ask();
  if (!changed.wait_for(lock, 60s, [&] { return open == 0; })) give_up("bookings are not answered");
  if (!trouble.empty()) give_up("a booking went wrong: " + trouble);
  const auto count = static_cast<double>(answered);
  return {count / seconds_since(begun), static_cast<double>(taken) / count};
}

Booking::Rate Booking::http(std::size_t clients, double seconds) {
  std::mutex mutex;
  Wishes wishes(practice_, asked_ + 1);
  std::atomic<std::size_t> answered = 0, taken = 0, wrong = 0;
  const std::int64_t begun = now_ns();
  const auto until = begun + static_cast<std::int64_t>(seconds * 1e9);
  {
    std::vector<std::jthread> threads;
    for (std::size_t c = 0; c < clients; ++c) {
      threads.emplace_back([&] {
        support::Api api(url_, kKey);
        while (now_ns() < until) {
          Wish wish;
          std::uint64_t number = 0;
          {
            const std::scoped_lock lock(mutex);
            wish = wishes.next();
            number = ++asked_;
          }
          const auto answer = api.post("/v1/appointments",
                                       {{"site", wish.site},
                                        {"person", "p-" + std::to_string(number % 10'000)},
                                        {"visit_type", "exam"},
                                        {"provider", wish.provider},
                                        {"chair", wish.chair},
                                        {"local_start", text_of(wish.start)}},
                                       "http-" + std::to_string(number));
          ++answered;
          if (answer.status == 200 || answer.status == 201) ++taken;
          else if (answer.status != 409) ++wrong;
        }
      });
    }
  }
  if (wrong > 0) give_up("the gateway answered " + std::to_string(wrong) + " bookings otherwise than taken or not");
  const auto count = static_cast<double>(answered);
  return {count / seconds_since(begun), static_cast<double>(taken) / count};
}

}  // namespace bridgework::bench
