#include "chaos/load.hpp"

#include <algorithm>
#include <numeric>

namespace bridgework::chaos {

namespace json = boost::json;
using Kind = Operation::Kind;
using std::chrono::steady_clock;

namespace {

constexpr auto kRepeatAfter = std::chrono::milliseconds(50);
constexpr std::size_t kRemembered = 50;

}  // namespace

struct Load::Client {
  Client(const Options& options, int number)
      : api(options.url, options.key),
        random(options.seed * 1000 + static_cast<std::uint64_t>(number)),
        name("c" + std::to_string(number)) {}

  support::Api api;
  std::mt19937_64 random;
  std::string name;
  int asked = 0;
  std::vector<std::string> persons;  ///< who have no visit yet
  std::vector<std::string> enquiries, held, booked;

  std::string next_key() { return name + "-" + std::to_string(++asked); }
  std::size_t any(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); }
  /// Takes one out.
  std::string take(std::vector<std::string>& from) {
    const std::size_t i = any(from.size());
    std::string out = std::move(from[i]);
    from.erase(from.begin() + static_cast<std::ptrdiff_t>(i));
    return out;
  }
  static void remember(std::vector<std::string>& in, std::string what) {
    if (what.empty()) return;
    in.push_back(std::move(what));
    if (in.size() > kRemembered) in.erase(in.begin());
  }
};

Load::Load(Options options, History& history) : options_(std::move(options)), history_(history), last_answer_(steady_clock::now()) {
  for (int c = 0; c < options_.clients; ++c) threads_.emplace_back([this, c] { run(c); });
}

void Load::stop(std::chrono::seconds patience) {
  {
    const std::scoped_lock lock(mutex_);
    give_up_at_ = steady_clock::now() + patience;
    stopping_ = true;
  }
  changed_.notify_all();
  threads_.clear();
}

Load::~Load() { stop(std::chrono::seconds(0)); }

std::size_t Load::answered() const {
  return std::accumulate(answered_.begin(), answered_.end(), std::size_t{0}, [](std::size_t sum, const auto& n) { return sum + n.load(); });
}

std::chrono::milliseconds Load::longest_silence() {
  const std::scoped_lock lock(mutex_);
  const auto longest = std::max(silence_, steady_clock::now() - last_answer_);
  silence_ = {};
  return std::chrono::duration_cast<std::chrono::milliseconds>(longest);
}

std::vector<std::string> Load::complaints() const {
  const std::scoped_lock lock(mutex_);
  return complaints_;
}

void Load::heard() {
  const std::scoped_lock lock(mutex_);
  const auto now = steady_clock::now();
  silence_ = std::max(silence_, now - last_answer_);
  last_answer_ = now;
}

support::Answer Load::ask(Client& client, Operation operation, const std::string& path, const json::value& body) {
  const Kind kind = operation.kind;
  for (;;) {
    support::Answer answer = client.api.post(path, body, operation.key);
    ++operation.tries;
    const bool done = answer.status == 200 || answer.status == 201;
    const bool refused = answer.status == 404 || answer.status == 409;
    // What a client is told to repeat: nobody there, busy or away, or nobody knows.
    const bool again = answer.status == 0 || answer.status == 503 || answer.status == 504;
    if (done || refused) {
      operation.outcome = done ? Operation::Outcome::kDone : Operation::Outcome::kRefused;
      operation.sequence = answer.sequence;
      operation.id = answer.string_at(kind == Kind::kHold ? "/appointment" : "/id");
      if (kind == Kind::kHold && done && operation.id.empty()) operation.outcome = Operation::Outcome::kUnknown;
      history_.add(std::move(operation));
      ++answered_[static_cast<std::size_t>(kind)];
      heard();
      return answer;
    }
    std::unique_lock lock(mutex_);
    if (!again) {
      complaints_.push_back("POST " + path + " was answered " + std::to_string(answer.status) + " " + answer.text);
      lock.unlock();
      history_.add(std::move(operation));
      return answer;
    }
    ++repeated_;
    if (stopping_ && steady_clock::now() >= give_up_at_) {
      lock.unlock();
      history_.add(std::move(operation));
      return answer;
    }
    changed_.wait_for(lock, kRepeatAfter, [] { return false; });
  }
}

void Load::step(Client& client) {
  const std::size_t dice = client.any(100);
  const std::string key = client.next_key();
  const auto is_done = [](const support::Answer& answer) { return answer.status == 200 || answer.status == 201; };
  Operation operation;
  operation.key = key;
  if (dice < 15 && !client.enquiries.empty()) {
    operation.kind = Kind::kCall;
    operation.subject = client.enquiries[client.any(client.enquiries.size())];
    const std::string path = "/v1/leads/" + operation.subject + "/calls";
    ask(client, operation, path, {{"outcome", "not_connected"}, {"reason", key}});
    return;
  }
  if (dice < 35 && !client.persons.empty()) {
    operation.kind = Kind::kHold;
    operation.subject = client.take(client.persons);
    const auto answer = ask(client, operation, "/v1/appointments",
                            {{"site", options_.site},
                             {"person", operation.subject},
                             {"visit_type", "exam"},
                             {"provider", options_.providers[client.any(options_.providers.size())]},
                             {"local_start", options_.starts[client.any(options_.starts.size())]}});
    if (is_done(answer)) Client::remember(client.held, answer.string_at("/appointment"));
    return;
  }
  if (dice < 50 && !client.held.empty()) {
    operation.kind = Kind::kBook;
    operation.subject = client.take(client.held);
    const auto answer = ask(client, operation, "/v1/appointments/" + operation.subject + "/book", json::object());
    if (is_done(answer)) Client::remember(client.booked, operation.subject);
    return;
  }
  if (dice < 62 && !client.booked.empty()) {
    operation.kind = Kind::kCancel;
    operation.subject = client.take(client.booked);
    ask(client, operation, "/v1/appointments/" + operation.subject + "/cancel", {{"by", "practice"}, {"reason", "chaos"}});
    return;
  }
  if (dice < 80) {
    operation.kind = Kind::kLead;
    const json::value profile = {{"given_name", key},
                                 {"preferred_channel", "email"},
                                 {"home_site", options_.site},
                                 {"contact_points", {{{"kind", "email"}, {"raw", mail_of(key)}}}}};
    const auto answer = ask(client, operation, "/v1/leads",
                            {{"site", options_.site}, {"source", "web"}, {"channel", "web_form"}, {"profile", profile}, {"text", key}});
    if (is_done(answer)) Client::remember(client.enquiries, answer.string_at("/enquiry"));
    return;
  }
  operation.kind = Kind::kPerson;
  const auto answer =
      ask(client, operation, "/v1/persons", {{"profile", {{"given_name", key}, {"home_site", options_.site}, {"provenance", "observed"}}}});
  if (is_done(answer)) Client::remember(client.persons, answer.string_at("/id"));
}

void Load::run(int number) {
  Client client(options_, number);
  while (!stopping_) {
    step(client);
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, options_.pause, [this] { return stopping_.load(); });
  }
}

}  // namespace bridgework::chaos
