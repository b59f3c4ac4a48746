// Messages that a newer, older or broken producer might leave in the log.

#include <algorithm>
#include <csignal>
#include <map>

#include "chaos/world.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/lead_intake.codec.hpp"
#include "runtime/log_entry.hpp"

namespace bridgework::chaos {
namespace {

namespace json = boost::json;

/// The services that keep a copy of every person.
constexpr const char* kReaders[] = {"feedback", "followup", "journey", "outreach"};

/// Puts records into the log beside the commit. No program of ours does that: it stands for one we do not have yet.
void write_past_the_commit(World& world, const std::vector<messages::EventRecord>& records) {
  constexpr std::string_view kAppend = R"lua(
    local head = tonumber(redis.call('HGET', KEYS[2], 'head'))
    for i = 1, #ARGV do
      head = head + 1
      redis.call('XADD', KEYS[1], '0-' .. string.format('%d', head), 'e', ARGV[i])
    end
    redis.call('HSET', KEYS[2], 'head', string.format('%d', head))
    return head
  )lua";
  std::vector<std::string> bytes;
  for (const auto& record : records) runtime::append_event(bytes.emplace_back(), encode(record));
  const auto written = world.redis().script(kAppend, {"{group}:log", "{group}:meta"}, bytes);
  world.require(written.has_value(), "the poison could not be written");
}

messages::EventRecord registered(const std::string& person, const std::string& body) {
  messages::EventRecord record;
  record.type_id = messages::PersonRegistered::kTypeId;
  record.recorded_at = std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
  record.service = "lead_intake";
  record.person = person;
  record.site = kSite;
  record.principal = "a newer program";
  record.body = body;
  return record;
}

std::string good_body(const std::string& person) {
  messages::PersonRegistered event;
  event.person = decltype(event.person)(person);
  return encode(event);
}

struct Parked {
  std::string service, entity;
  std::uint64_t sequence;
};
std::vector<Parked> parked(World& world) {
  std::vector<Parked> out;
  const auto answer = world.get("/v1/parked");
  if (!answer.at("/parked").is_array()) return out;
  for (const auto& one : answer.at("/parked").as_array()) {
    out.push_back({std::string(one.at("service").as_string()), std::string(one.at("entity").as_string()),
                   one.at("sequence").to_number<std::uint64_t>()});
  }
  return out;
}

std::size_t parked_of(const std::vector<Parked>& all, const std::string& service, const std::string& entity) {
  std::size_t n = 0;
  for (const auto& one : all) n += one.service == service && one.entity == entity ? 1 : 0;
  return n;
}

/// A person can be registered, and followup comes to know them.
bool others_flow(World& world) {
  const auto known = world.get("/v1/audit/leaks").int_at("/persons");
  const auto answer = world.suite().api().post("/v1/persons", {{"profile", {{"given_name", "after the poison"}}}});
  return answer.status == 201 && world.eventually([&] { return world.get("/v1/audit/leaks").int_at("/persons") > known; });
}

void poison_of_each_class(World& world) {
  const std::string good = good_body("p-poison");
  std::string noise(256, '\0');
  for (char& c : noise) c = static_cast<char>(world.any(256));
  // A list pointer whose element count promises far more than the message holds.
  std::string amplified = good;
  for (std::size_t i = 8; i < std::min<std::size_t>(amplified.size(), 24); ++i) amplified[i] = static_cast<char>(0xff);
  const std::vector<std::pair<std::string, std::string>> classes{{"p-noise", noise},
                                                                 {"p-empty", ""},
                                                                 {"p-truncated", good.substr(0, good.size() / 2)},
                                                                 {"p-misaligned", good.substr(1)},
                                                                 {"p-amplified", amplified},
                                                                 {"p-zeroes", std::string(4096, '\0')}};
  std::vector<messages::EventRecord> records;
  for (const auto& [person, body] : classes) {
    records.push_back(registered(person, body));
    records.push_back(registered(person, good_body(person)));  // waits behind the first
  }
  messages::EventRecord unknown = registered("p-unknown", good);
  unknown.type_id = 0x1234567812345678;  // of a release to come: passed by
  records.push_back(unknown);
  write_past_the_commit(world, records);
  world.require(world.comes_to_rest(), "the poison stops a consumer");
  const auto all = parked(world);
  for (const auto& [person, body] : classes) {
    for (const char* service : kReaders) {
      const std::size_t n = parked_of(all, service, person);
      world.require(n == 2,
                    std::string(service) + " has parked " + std::to_string(n) + " messages of " + person + ", not it and what follows");
    }
  }
  world.require(parked_of(all, "followup", "p-unknown") == 0, "an unknown type was parked");
  world.say("  " + std::to_string(all.size()) + " messages parked in " + std::to_string(std::size(kReaders)) + " services");
  world.require(others_flow(world), "other persons do not flow");

  const auto retried = world.suite().api().post("/v1/parked/retry", {{"service", "followup"}, {"entity", "p-noise"}});
  world.require(retried.status == 200 && retried.int_at("/messages_tried") == 2, "the retry answers " + retried.text);
  world.require(world.comes_to_rest(), "the retry stops a consumer");
  world.require(world.eventually([&] { return parked_of(parked(world), "followup", "p-noise") == 2; }),
                "what cannot be read even now has left the parking lot");
  world.require(others_flow(world), "other persons do not flow after the retry");

  const auto feed = world.get("/v1/events");
  std::size_t lines = 0;
  for (const char c : feed.text) lines += c == '\n' ? 1 : 0;
  world.require(feed.status == 200 && static_cast<std::int64_t>(lines) == world.get("/v1/status").int_at("/head"),
                "the feed ends at the poison: " + std::to_string(lines) + " lines, status " + std::to_string(feed.status));
}

void poison_in_masses(World& world) {
  constexpr std::size_t kMasses = 1200;
  const auto mass_parked = [&] {
    std::map<std::string, std::size_t> out;
    for (const auto& one : parked(world)) out[one.service] += one.entity.starts_with("p-mass-") ? 1 : 0;
    return out;
  };
  std::vector<messages::EventRecord> records;
  for (std::size_t i = 0; i < kMasses; ++i) records.push_back(registered("p-mass-" + std::to_string(i), "no message"));
  write_past_the_commit(world, records);
  const auto stopped = [&](const std::string& name) { return world.not_ready(name).find("parked within a minute") != std::string::npos; };
  const std::vector<std::string> readers{"feedback-1", "journey-1", "outreach-1", "followup-1", "followup-2"};
  world.require(world.eventually([&] { return std::all_of(readers.begin(), readers.end(), stopped); }, kBackWithin),
                "masses of poison are drained into the parking lot, and not everybody stops");
  std::string counts;
  for (const auto& [service, n] : mass_parked()) {
    counts += " " + service + " " + std::to_string(n);
    world.require(n < kMasses, service + " has parked all there is before it stopped");
  }
  world.say("  " + std::to_string(kMasses) + " poisoned persons; parked before they stopped:" + counts);
  const auto answer = world.suite().api().post("/v1/persons", {{"profile", {{"given_name", "during the masses"}}}});
  world.require(answer.status == 201, "commands are not taken while events are stopped");
  // A restart stands for the new program that repairs the defect. Each life may park as many again.
  int restarts = 0;
  const auto whole = [&] {
    const auto counted = mass_parked();
    return std::all_of(std::begin(kReaders), std::end(kReaders), [&](const char* service) {
      const auto it = counted.find(service);
      return it != counted.end() && it->second == kMasses;
    });
  };
  constexpr int kRestartsMax = 60;
  while (restarts < kRestartsMax) {
    bool any = false;
    for (const auto& name : readers) {
      if (!stopped(name)) continue;
      any = true;
      ++restarts;
      const int pid = world.signal(name, SIGTERM);
      world.require(pid > 0 && world.eventually([&] { return world.suite().pid_of(name) > 0 && world.suite().pid_of(name) != pid; }),
                    name + " was not started again");
    }
    if (!any && whole()) break;
    world.eventually([&] { return whole() || std::any_of(readers.begin(), readers.end(), stopped); }, seconds(5));
  }
  for (const auto& name : readers) {
    world.require(world.eventually([&] { return world.is_ready(name); }),
                  name + " is not ready after the masses: " + world.not_ready(name));
  }
  world.say("  past them after " + std::to_string(restarts) + " restarts");
  for (const char* service : kReaders) {
    const std::size_t n = mass_parked()[service];
    world.require(n == kMasses, std::string(service) + " has parked " + std::to_string(n) + " of " + std::to_string(kMasses));
  }
  world.require(others_flow(world), "other persons do not flow after the masses");
}

}  // namespace

const std::vector<Nemesis>& poisons() {
  static const std::vector<Nemesis> all{
      {"poison", "messages of each class of poison", poison_of_each_class, seconds(4), kBackWithin},
      {"masses", "more poison than can be an accident", poison_in_masses, seconds(8), kBackWithin},
  };
  return all;
}

}  // namespace bridgework::chaos
