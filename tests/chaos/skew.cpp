#include "chaos/skew.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <set>
#include <sstream>
#include <stdexcept>

namespace bridgework::chaos {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

/// Those who only read first, then who is asked by others, and the gateway last: nobody is sent what they do not know by a client. Back in
/// the opposite order.
constexpr const char* kOrder[] = {"bus",      "lead_intake", "appointments", "followup", "outreach",
                                  "feedback", "journey",     "analytics",    "gateway"};
/// How many households are made while both versions of a service run: of so many, some lie in lanes of both.
constexpr int kHouseholds = 12;

/// The directory a suite's programs are started from: each is a link to one version or the other.
class Programs {
 public:
  Programs(fs::path old, fs::path current) : old_(std::move(old)), current_(std::move(current)) {
    std::string pattern = "/tmp/bw-programs-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    links_ = pattern;
    for (const char* program : kOrder) {
      for (const auto& folder : {old_, current_}) {
        if (!fs::exists(folder / program)) throw std::runtime_error("there is no program " + (folder / program).string());
      }
      use(program, old_);
    }
  }
  ~Programs() {
    std::error_code ignored;
    fs::remove_all(links_, ignored);
  }
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;

  const fs::path& links() const { return links_; }
  const fs::path& old() const { return old_; }
  const fs::path& current() const { return current_; }
  void use(const std::string& program, const fs::path& folder) const {
    fs::create_symlink(folder / program, links_ / "next");
    fs::rename(links_ / "next", links_ / program);
  }

 private:
  fs::path old_, current_, links_;
};

class Skew {
 public:
  Skew(World& world, const Programs& programs, const SkewOptions& options) : world_(world), programs_(programs), options_(options) {}

  enum class Order { kForward, kBackward };
  /// Every process that does not run the program of this folder yet. A service with which the suite does not stay whole goes back to the
  /// other version, and the next one follows; what stood still before may do so until it is replaced.
  void replace_all(const std::string& name, const fs::path& by, Order direction) {
    world_.say(name + ": every process replaced by that of " + by.string());
    std::vector<std::string> order(std::begin(kOrder), std::end(kOrder));
    if (direction == Order::kBackward) std::reverse(order.begin(), order.end());
    whole_ = !world_.missing_after(kBackWithin);
    for (const auto& program : order) {
      std::vector<std::string> processes;
      for (const auto& [process, port] : world_.suite().processes()) {
        if (process.starts_with(program + "-") && !runs(process, by)) processes.push_back(process);
      }
      programs_.use(program, by);
      if (replace(name, program, processes, by)) continue;
      const fs::path& other = by == programs_.old() ? programs_.current() : programs_.old();
      programs_.use(program, other);
      for (const auto& process : processes) {
        if (runs(process, by)) end({process});
      }
      const auto missing = world_.missing_after(kBackWithin);
      world_.say("  " + program + " put back: " + (missing ? *missing : "everything is whole again"));
      world_.require(!missing, name + ": " + program + " put back, and still " + missing.value_or(""));
    }
    judge(name);
  }

  /// What only the newer messages carry. A version that does not know one refuses it, which is well.
  void use_what_is_new() {
    const std::string site = kSite;
    const auto lead = ask(Operation::Kind::kLead, {}, "/v1/leads", [&](const std::string& key) {
      return json::value{{"site", site},
                         {"source", "web"},
                         {"channel", "online_booking"},
                         {"profile", profile(key, {{"kind", "email"}, {"raw", Load::mail_of(key)}})},
                         {"text", key}};
    });
    const std::string enquiry = lead.string_at("/enquiry"), person = lead.string_at("/person");
    if (enquiry.empty()) return;
    ask(Operation::Kind::kCall, enquiry, "/v1/leads/" + enquiry + "/calls", [](const std::string& key) {
      return json::value{{"outcome", "not_booked"}, {"reason", key}, {"value_minor", 45000}};
    });
    say_once("/v1/consents", {{"person", person},
                              {"purpose", "marketing"},
                              {"channel", "email"},
                              {"state", "granted"},
                              {"wording", "Write to me about news."},
                              {"source", "letter"}});
    say_once("/v1/planned-appointments", {{"site", site}, {"person", person}, {"visit_type", "exam"}});
    for (const std::string& path : {"/v1/leads/" + enquiry, "/v1/consents?person=" + person, "/v1/follow-ups?person=" + person,
                                    "/v1/persons/" + person, "/v1/planned-appointments?site=" + site}) {
      documents_[path] = {};
    }
    touched_ = enquiry;
    person_ = person;
  }
  /// Something happens to the same people, whoever handles it.
  void touch() {
    if (touched_.empty()) return;
    ask(Operation::Kind::kCall, touched_, "/v1/leads/" + touched_ + "/calls", [](const std::string& key) {
      return json::value{{"outcome", "not_connected"}, {"reason", key}};
    });
    say_once("/v1/consents", {{"person", person_}, {"purpose", "care"}, {"channel", "email"}, {"state", "granted"}});
    say_once("/v1/planned-appointments", {{"site", kSite}, {"person", person_}, {"visit_type", "exam"}});
    ask_whole();
  }
  void remember() {
    for (auto& [path, document] : documents_) document = world_.get(path).json;
  }
  /// Whatever was answered before the way back is answered after it.
  void compare() {
    for (const auto& [path, document] : documents_) lost(path, "", document, world_.get(path).json);
  }

 private:
  struct Household {
    std::string mother, child, visit, when;
    bool complained = false;
  };

  bool runs(const std::string& process, const fs::path& folder) const {
    std::error_code error;
    const auto program = fs::read_symlink("/proc/" + std::to_string(world_.suite().pid_of(process)) + "/exe", error);
    return !error && fs::equivalent(program, folder / program.filename(), error);
  }

  /// By TERM, together; true when all are back.
  bool end(const std::vector<std::string>& processes) {
    std::map<std::string, int> before;
    for (const auto& process : processes) before[process] = world_.signal(process, SIGTERM);
    world_.harm_is_done();
    return std::ranges::all_of(before, [this](const auto& one) { return one.second > 0 && world_.restarted(one.first, one.second); });
  }

  bool replace(const std::string& name, const std::string& program, const std::vector<std::string>& processes, const fs::path& by) {
    const std::size_t step = options_.by_service ? std::max<std::size_t>(processes.size(), 1) : 1;
    for (std::size_t i = 0; i < processes.size(); i += step) {
      const std::vector<std::string> now(processes.begin() + static_cast<std::ptrdiff_t>(i),
                                         processes.begin() + static_cast<std::ptrdiff_t>(i + step));
      const std::string who = step == 1 ? now.front() : "every process of " + program;
      const std::size_t repeated = world_.load().repeated(), answered = world_.load().answered();
      world_.load().longest_silence();
      const bool came = end(now);
      const auto missing = came ? world_.missing_after(kBackWithin) : std::optional(who + " is not back");
      whole_ = whole_ || !missing;
      if (missing && whole_) {
        std::string why;
        for (const auto& process : now) {
          if (!world_.is_ready(process)) why += "; " + process + ": " + world_.not_ready(process);
        }
        world_.violated(name + ": after " + who + " was replaced " + *missing + why.substr(0, why.find_last_not_of('\n') + 1));
        return false;
      }
      for (const auto& process : now) world_.require(runs(process, by), name + ": " + process + " runs another program");
      world_.say("  " + who + " replaced; " + std::to_string(world_.load().answered() - answered) + " answers meanwhile, " +
                 std::to_string(world_.load().repeated() - repeated) + " repeats by clients, longest time without any answer " +
                 std::to_string(world_.load().longest_silence().count()) + " ms");
      if (whole_ && i + step < processes.size()) side_by_side(name, program);
    }
    if (whole_ && step > 1) make_households(name + ", behind " + program);
    return true;
  }

  /// Both versions of one service have lanes: households meet across them, as visits of children are entrusted to other lanes.
  void side_by_side(const std::string& name, const std::string& program) {
    std::string lanes;
    const auto shared = [&] {
      const json::value status = world_.service_status(program);
      if (!status.is_object()) return program == "bus";
      lanes.clear();
      bool each = true;
      for (const auto& instance : status.at("instances").as_array()) {
        const auto count = instance.at("lanes").to_number<int>();
        lanes += (lanes.empty() ? "" : " and ") + std::to_string(count);
        each = each && count >= 16;
      }
      return each;
    };
    world_.require(world_.eventually(shared), name + ": the two versions of " + program + " do not share its lanes: " + lanes);
    world_.say("    both versions of " + program + " have lanes: " + (lanes.empty() ? "none needs any" : lanes));
    make_households(name + ", two versions of " + program);
  }

  void make_households(const std::string& when) {
    std::vector<Household> fresh(kHouseholds);
    for (auto& household : fresh) {
      household.when = when;
      household.mother = ask(Operation::Kind::kPerson, {}, "/v1/persons", [&](const std::string& key) {
                           return json::value{{"profile", profile(key, {{"kind", "email"}, {"raw", "mother-" + Load::mail_of(key)}})}};
                         }).string_at("/id");
      household.child = ask(Operation::Kind::kPerson, {}, "/v1/persons", [&](const std::string& key) {
                          return json::value{{"profile", profile(key, {})}};
                        }).string_at("/id");
      say_once("/v1/persons/" + household.child + "/household", {{"household", household.mother}, {"guarantor", household.mother}});
    }
    ask_whole();
    for (auto& household : fresh) book(household);
    ask_whole();
  }

  void book(Household& household) {
    const int number = static_cast<int>(households_.size());
    const auto held = ask(Operation::Kind::kHold, household.child, "/v1/appointments", [&](const std::string&) {
      return json::value{{"site", kSite},
                         {"person", household.child},
                         {"visit_type", "exam"},
                         {"provider", number % 2 == 0 ? "ada" : "bo"},
                         {"local_start", World::start(29 + number / 32, 9 * 60 + 30 * (number / 2 % 16))}};
    });
    household.visit = held.string_at("/appointment");
    world_.require(!household.visit.empty(), household.when + ": a hold was answered " + std::to_string(held.status) + " " + held.text);
    if (household.visit.empty()) return;
    ask(Operation::Kind::kBook, household.visit, "/v1/appointments/" + household.visit + "/book",
        [](const std::string&) { return json::object(); });
    households_.push_back(household);
  }

  /// Everybody has handled what had happened.
  void ask_whole() {
    if (const auto missing = world_.missing_after(kBackWithin)) world_.violated(*missing);
  }

  void judge(const std::string& name) {
    ask_whole();
    // A visit to come has a reminder that leaves: the child's own, or one that its mother is sent. Each that has none is complained of
    // once.
    std::size_t entrusted = 0;
    std::map<std::string, std::pair<int, std::string>> complaints;
    for (auto& household : households_) {
      const auto own = world_.get("/v1/messages?person=" + household.child), hers = world_.get("/v1/messages?person=" + household.mother);
      const bool waits = own.text.find("waits: whoever answers") != std::string::npos;
      const bool planned = own.at("/messages").is_array() && !own.at("/messages").as_array().empty();
      const bool reminded = hers.at("/messages").is_array() && !hers.at("/messages").as_array().empty();
      entrusted += waits && reminded ? 1 : 0;
      if (household.complained || (planned && (reminded || !waits))) continue;
      household.complained = true;
      auto& [count, first] = complaints[name + ": of visits booked during " + household.when + " no reminder is " +
                                        (planned ? "sent: it waits for the mother to be reminded, and she is sent none" : "there")];
      if (count++ == 0) first = household.visit;
    }
    for (const auto& [what, of] : complaints) world_.violated(what + ": " + std::to_string(of.first) + ", " + of.second + " the first");
    world_.say("  of " + std::to_string(households_.size()) + " children with a visit " + std::to_string(entrusted) +
               " are reminded by their mother");
    const auto parked = world_.get("/v1/parked");
    const std::size_t set_aside = parked.at("/parked").is_array() ? parked.at("/parked").as_array().size() : 0;
    world_.require(parked.status == 200 && set_aside == parked_,
                   name + ": " + std::to_string(set_aside - parked_) + " messages were parked: " + parked.text.substr(0, 2000));
    parked_ = set_aside;
    for (const auto& entry : fs::directory_iterator(world_.suite().data() / "log")) {
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) {
        if (line.find(" error ") == std::string::npos || line.size() < 28) continue;
        const std::string what = line.substr(line.find(" error "));
        std::istringstream words(what);
        std::string level, who, kind;
        words >> level >> who >> kind;
        const auto record = what.find("record=");
        // One of each kind says enough; of records, one of each type.
        if (errors_.insert(who + kind + (record == std::string::npos ? "" : what.substr(record, what.find('/', record) - record))).second) {
          world_.say("  an error in " + entry.path().filename().string() + ":" + what);
        }
      }
    }
  }

  void lost(const std::string& path, const std::string& at, const json::value& before, const json::value& after) {
    if (before.is_object() && after.is_object()) {
      for (const auto& [name, value] : before.as_object()) {
        const auto* now = after.as_object().if_contains(name);
        if (now == nullptr) world_.violated("after the way back and forth " + path + " lacks " + at + "/" + std::string(name));
        else lost(path, at + "/" + std::string(name), value, *now);
      }
    } else if (before.is_array() && after.is_array()) {
      // Lists grow by what has happened since.
      for (std::size_t i = 0; i < before.as_array().size(); ++i) {
        if (i >= after.as_array().size())
          world_.violated("after the way back and forth " + path + " lacks " + at + "/" + std::to_string(i));
        else lost(path, at + "/" + std::to_string(i), before.as_array()[i], after.as_array()[i]);
      }
    } else if (before != after && !at.ends_with("/attempts") && !at.ends_with("/changed_at")) {
      world_.violated("after the way back and forth " + path + " says of " + at + " " + json::serialize(after) + " instead of " +
                      json::serialize(before));
    }
  }

  static json::value profile(const std::string& name, const json::value& contact) {
    json::array contacts;
    if (!contact.is_null() && !contact.as_object().empty()) contacts.push_back(contact);
    return {{"given_name", name},
            {"home_site", kSite},
            {"provenance", "observed"},
            {"preferred_channel", "email"},
            {"contact_points", contacts}};
  }

  /// Asks until there is an answer, and writes down what it was.
  support::Answer ask(Operation::Kind kind, const std::string& subject, const std::string& path,
                      const std::function<json::value(const std::string& key)>& body) {
    Operation operation;
    operation.kind = kind;
    operation.key = "skew-" + std::to_string(++asked_);
    operation.subject = subject;
    const auto answer = until_answered(path, body(operation.key), operation.key);
    const bool done = answer.status == 200 || answer.status == 201, refused = answer.status >= 400 && answer.status < 500;
    if (done) operation.outcome = Operation::Outcome::kDone;
    if (refused) operation.outcome = Operation::Outcome::kRefused;
    if (refused) world_.say("  POST " + path + " was refused: " + answer.text);
    operation.sequence = answer.sequence;
    world_.history().add(operation);
    return answer;
  }
  void say_once(const std::string& path, const json::value& body) {
    const auto answer = until_answered(path, body, "skew-" + std::to_string(++asked_));
    if (answer.status >= 400) world_.say("  POST " + path + " was refused: " + answer.text);
  }
  support::Answer until_answered(const std::string& path, const json::value& body, const std::string& key) {
    support::Answer answer;
    const bool answered = world_.eventually(
        [&] {
          answer = world_.suite().api().post(path, body, key);
          return answer.status != 0 && answer.status != 503 && answer.status != 504;
        },
        kBackWithin);
    world_.require(answered, "POST " + path + " is answered " + std::to_string(answer.status) + " again and again: " + answer.text);
    return answer;
  }

  World& world_;
  const Programs& programs_;
  std::vector<Household> households_;
  std::map<std::string, json::value> documents_;
  std::string touched_, person_;
  std::set<std::string> errors_;
  std::size_t parked_ = 0;
  SkewOptions options_;
  bool whole_ = true;
  int asked_ = 0;
};

}  // namespace

std::size_t judge_skew(World::Options options, const SkewOptions& wanted) {
  const Programs programs(fs::canonical(wanted.old), fs::canonical(options.programs.empty() ? BRIDGEWORK_TEST_BIN : options.programs));
  options.programs = programs.links().string();
  options.instances = "bus=2,lead_intake=2,appointments=2,followup=2,outreach=2,feedback=2,journey=2,analytics=2";
  World world(options);
  Skew skew(world, programs, wanted);
  skew.replace_all("upgrade", programs.current(), Skew::Order::kForward);
  if (!wanted.forward_only) {
    skew.use_what_is_new();
    skew.touch();
    skew.remember();
    skew.replace_all("way back", programs.old(), Skew::Order::kBackward);
    skew.touch();
    skew.replace_all("upgrade again", programs.current(), Skew::Order::kForward);
    skew.compare();
  }
  world.load().stop(seconds(30));
  // What only the newer version counts, it counts from the day it runs; its operator has it count anew.
  world.count_anew();
  world.judge_all();
  return world.violations().size();
}

}  // namespace bridgework::chaos
