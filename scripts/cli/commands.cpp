#include "scripts/cli/commands.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <optional>
#include <thread>

#include <boost/json.hpp>

#include "runtime/zone.hpp"
#include "scripts/cli/mapping.hpp"
#include "scripts/cli/table.hpp"

namespace bridgework::cli {
namespace {

namespace json = boost::json;

/// The gateway's answer, or nothing after having said on standard error why there is none.
std::optional<std::string> ask(const Suite& suite, const HttpRequest& request) {
  const HttpResult result = call(suite, request);
  if (!result) {
    std::cerr << "bridgework: " << explain(suite, result.error()) << '\n';
    return std::nullopt;
  }
  if (result->status < 200 || result->status >= 300) {
    std::cerr << "bridgework: " << explain(suite, request, *result) << '\n';
    return std::nullopt;
  }
  return result->body;
}

std::optional<std::string> get(const Suite& suite, const std::string& path) { return ask(suite, HttpRequest{.path = path}); }

void print_line(std::string_view text) {
  std::cout << text;
  if (!text.ends_with('\n')) std::cout << '\n';
}

/// The answer's object; nothing after having said that it is none.
std::optional<json::object> object_of(const std::string& text) {
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (!error && value.is_object()) return std::move(value.get_object());
  std::cerr << "bridgework: the gateway's answer is no JSON object\n";
  return std::nullopt;
}

/// Asks, and prints either the answer itself or what `show` makes of it.
template <class Show>
int show_answer(const std::optional<std::string>& answer, Output output, Show show) {
  if (!answer) return 1;
  if (output == Output::kJson) {
    print_line(*answer);
    return 0;
  }
  const auto object = object_of(*answer);
  if (!object) return 1;
  std::cout << show(*object);
  return 0;
}

std::string generic(const json::object& object) { return readable(json::value(object)); }

std::int64_t number(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  boost::system::error_code error;
  if (value == nullptr) return 0;
  if (value->is_string()) {
    std::int64_t parsed = 0;
    const json::string& text = value->get_string();
    std::from_chars(text.data(), text.data() + text.size(), parsed);
    return parsed;
  }
  const auto read = value->to_number<std::int64_t>(error);
  return error ? 0 : read;
}

const json::array& list(const json::object& object, std::string_view name) {
  static const json::array kNone;
  const json::value* value = object.if_contains(name);
  return value != nullptr && value->is_array() ? value->get_array() : kNone;
}

/// A table of the chosen members of each item: {title, member}.
std::string table_of(const json::array& items, const std::vector<std::pair<const char*, const char*>>& columns) {
  std::vector<std::string> header;
  for (const auto& [title, member] : columns) header.emplace_back(title);
  Table table(header);
  for (const json::value& item : items) {
    const json::object* object = item.if_object();
    if (object == nullptr) continue;
    std::vector<std::string> row;
    for (const auto& [title, member] : columns) row.push_back(cell(*object, member));
    table.add(std::move(row));
  }
  return table.empty() ? "(none)\n" : table.text();
}

std::string counted(std::int64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

bool has_value(const json::object& object) {
  const json::value* flag = object.if_contains("has_value");
  return flag != nullptr && flag->is_bool() && flag->get_bool();
}

/// True when something was changed.
bool blank_missing_value(json::object& object) {
  if (!object.contains("numerator") || has_value(object)) return false;
  object["value"] = nullptr;
  return true;
}

std::string kpi_value(const json::object& object) { return has_value(object) ? cell(object, "value") : "-"; }

std::string kpi_words(const json::object& kpi) {
  std::string text = cell(kpi, "title");
  text += (text.empty() ? "" : "  ") + cell(kpi, "id") + "\n";
  if (const std::string definition = cell(kpi, "definition"); !definition.empty()) text += definition + "\n";
  const std::string unit = cell(kpi, "unit");
  text +=
      "\n" + kpi_value(kpi) + (unit.empty() ? "" : " " + unit) + "  (" + cell(kpi, "numerator") + " of " + cell(kpi, "denominator") + ")\n";
  const json::array& rows = list(kpi, "rows");
  if (rows.empty()) return text;
  Table table({"", "value", "numerator", "denominator"});
  for (const json::value& item : rows) {
    if (const json::object* row = item.if_object()) {
      table.add({cell(*row, "key"), kpi_value(*row), cell(*row, "numerator"), cell(*row, "denominator")});
    }
  }
  return text + "\n" + table.text();
}

std::string leaks_words(const json::object& audit) {
  std::string text = counted(number(audit, "with_unfinished_care"), "person", "persons") + " with unfinished care, of " +
                     cell(audit, "persons") + " known: " + cell(audit, "covered") + " covered by a visit, " + cell(audit, "active") +
                     " in active follow-up, " + cell(audit, "on_hold") + " on hold, " + cell(audit, "closed") + " closed with a reason\n";
  if (const json::array& kinds = list(audit, "open_by_kind"); !kinds.empty()) {
    text += "\n" + table_of(kinds, {{"open gaps", "kind"}, {"gaps", "gaps"}, {"persons", "persons"}});
  }
  const std::int64_t violations = number(audit, "violations");
  if (violations == 0) return text + "\nNobody slips through.\n";
  text += "\n" + counted(violations, "violation", "violations") + ":\n" +
          table_of(list(audit, "leaks"), {{"person", "person"}, {"gap", "gap"}, {"why", "why"}});
  const auto shown = static_cast<std::int64_t>(list(audit, "leaks").size());
  if (shown < violations) text += "… and " + std::to_string(violations - shown) + " more\n";
  return text;
}

std::string status_words(const json::object& status) {
  if (!status.contains("services")) return generic(status);
  std::string text;
  for (const auto& member : status) {
    if (!member.value().is_array() && !member.value().is_object()) text += std::string(member.key()) + " " + cell(member.value()) + "\n";
  }
  Table services({"service", "lanes", "lag", "parked"});
  Table instances({"instance", "alive", "lanes", "pid", "health"});
  for (const json::value& item : list(status, "services")) {
    const json::object* service = item.if_object();
    if (service == nullptr) continue;
    const std::string name = cell(*service, "service");
    services.add(
        {name, cell(*service, "lanes_owned") + " of " + cell(*service, "lanes_total"), cell(*service, "lag"), cell(*service, "parked")});
    for (const json::value& one : list(*service, "instances")) {
      const json::object* instance = one.if_object();
      if (instance == nullptr) continue;
      instances.add({name + "-" + cell(*instance, "instance"), cell(*instance, "alive"), cell(*instance, "lanes"), cell(*instance, "pid"),
                     "http://127.0.0.1:" + cell(*instance, "http_port") + "/readyz"});
    }
  }
  text += "\n" + services.text();
  if (!instances.empty()) text += "\n" + instances.text();
  return text;
}

std::string huddle_words(const json::object& huddle) {
  return cell(huddle, "site") + "  " + cell(huddle, "day") + "\n" +
         counted(static_cast<std::int64_t>(list(huddle, "visits").size()), "visit", "visits") + ", " + cell(huddle, "unconfirmed") +
         " unconfirmed, " + cell(huddle, "with_unfinished_care") + " with unfinished care, " + cell(huddle, "defects_yesterday") +
         " defects yesterday\n\n" +
         table_of(list(huddle, "visits"), {{"time", "local_start"},
                                           {"name", "name"},
                                           {"person", "person"},
                                           {"type", "visit_type"},
                                           {"provider", "provider"},
                                           {"state", "state"},
                                           {"unfinished care", "unfinished_care"},
                                           {"open cases", "open_cases"},
                                           {"notes", "notes"}});
}

std::string bucket_words(const json::object& bucket) {
  return "came in   " + cell(bucket, "enquiries") + " enquiries, " + cell(bucket, "booked") + " booked, " + cell(bucket, "kept") +
         " kept\n" + "in care   " + cell(bucket, "people_in_care") + " people, " + cell(bucket, "visits_completed") +
         " visits completed\n" + "leaking   " + cell(bucket, "people_leaking") + " people\n\n" +
         table_of(list(bucket, "holes"), {{"hole", "hole"},
                                          {"people", "people"},
                                          {"money (minor units)", "money_minor"},
                                          {"opened", "opened_in_period"},
                                          {"closed", "closed_in_period"}});
}

/// One CloudEvent as one line: position, time, type, subject.
std::string event_words(std::string_view line) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), error);
  const json::object* event = error ? nullptr : value.if_object();
  if (event == nullptr) return std::string(line);
  std::array<char, 512> text{};
  std::snprintf(text.data(), text.size(), "%10llu  %-27.32s  %-28.64s  ", static_cast<unsigned long long>(position_of(line)),
                cell(*event, "time").c_str(), cell(*event, "type").c_str());
  return text.data() + cell(*event, "subject");
}

/// Cuts a stream into its lines.
class Lines {
 public:
  template <class Use>
  void add(std::string_view bytes, Use use) {
    rest_ += bytes;
    std::size_t from = 0;
    for (std::size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n', from)) {
      std::string_view line = std::string_view(rest_).substr(from, end - from);
      if (line.ends_with('\r')) line.remove_suffix(1);
      use(line);
      from = end + 1;
    }
    rest_.erase(0, from);
  }
  template <class Use>
  void finish(Use use) {
    if (!rest_.empty()) use(std::string_view(rest_));
    rest_.clear();
  }

 private:
  std::string rest_;
};

/// One reading of the feed, printing as it comes. Returns how many events there were, or nothing after having said what is wrong.
struct FeedReading {
  std::size_t events = 0;
  std::uint64_t last = 0;
};

std::optional<FeedReading> read_feed(const Suite& suite, const TailOptions& options, std::uint64_t after) {
  const bool follows = options.end == TailOptions::End::kNever;
  HttpRequest request{.path = with_query("/v1/events", {{"after", std::to_string(after)}, {"type", options.type}})};
  request.accept = follows ? "text/event-stream, application/x-ndjson;q=0.5" : "application/x-ndjson";
  FeedReading reading{0, after};
  Lines lines;
  const auto use = [&](std::string_view line) {
    if (line.starts_with("data:")) line.remove_prefix(line.starts_with("data: ") ? 6 : 5);
    if (!line.starts_with('{')) return;  // blank lines, comments and the other fields of an event stream
    ++reading.events;
    reading.last = std::max(reading.last, position_of(line));
    std::cout << (options.output == Output::kJson ? std::string(line) : event_words(line)) << '\n';
  };
  const HttpResult result = stream(suite, request, [&](std::string_view bytes) {
    lines.add(bytes, use);
    std::cout.flush();
    return static_cast<bool>(std::cout);
  });
  if (!result) {
    if (follows && !result.error().refused) return reading;
    std::cerr << "bridgework: " << explain(suite, result.error()) << '\n';
    return std::nullopt;
  }
  if (result->status != 200) {
    std::cerr << "bridgework: " << explain(suite, request, *result) << '\n';
    return std::nullopt;
  }
  lines.finish(use);
  std::cout.flush();
  return reading;
}

/// Exact, of all that were measured.
std::chrono::microseconds percentile(const std::vector<std::chrono::microseconds>& sorted, double part) {
  if (sorted.empty()) return {};
  const auto index = static_cast<std::size_t>(part * static_cast<double>(sorted.size() - 1));
  return sorted[index];
}

}  // namespace

std::string with_query(std::string path, const std::vector<std::pair<std::string_view, std::string>>& parameters) {
  char before = '?';
  for (const auto& [name, value] : parameters) {
    if (value.empty()) continue;
    path += before + std::string(name) + "=" + url_encoded(value);
    before = '&';
  }
  return path;
}

std::string kpi_text(const std::string& answer) {
  boost::system::error_code error;
  json::value value = json::parse(answer, error);
  if (error || !value.is_object()) return answer;
  json::object& kpi = value.get_object();
  bool changed = blank_missing_value(kpi);
  if (json::value* rows = kpi.if_contains("rows"); rows != nullptr && rows->is_array()) {
    for (json::value& row : rows->get_array()) {
      if (row.is_object()) changed = blank_missing_value(row.get_object()) || changed;
    }
  }
  return changed ? json::serialize(value) : answer;
}

std::uint64_t position_of(std::string_view event_json) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(event_json.data(), event_json.size()), error);
  const json::object* event = error ? nullptr : value.if_object();
  if (event == nullptr) return 0;
  for (const char* name : {"sequence", "id"}) {
    const json::value* member = event->if_contains(name);
    if (member == nullptr) continue;
    boost::system::error_code no_number;
    if (member->is_number()) return member->to_number<std::uint64_t>(no_number);
    if (!member->is_string()) continue;
    const std::string_view text(member->get_string().data(), member->get_string().size());
    const std::size_t from = text.find_last_not_of("0123456789");
    const std::string_view digits = text.substr(from == std::string_view::npos ? 0 : from + 1);
    std::uint64_t position = 0;
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), position);
    if (failed == std::errc{} && !digits.empty()) return position;
  }
  return 0;
}

int run_status(const Suite& suite, Output output) { return show_answer(get(suite, "/v1/status"), output, status_words); }

int run_kpi(const Suite& suite, const std::string& id, const std::string& from, const std::string& to, const std::string& by,
            const std::string& site, Output output) {
  auto answer = get(suite, with_query("/v1/kpis/" + url_encoded(id), {{"from", from}, {"to", to}, {"by", by}, {"site", site}}));
  if (answer && output == Output::kJson) answer = kpi_text(*answer);
  return show_answer(answer, output, kpi_words);
}

int run_timeline(const Suite& suite, const std::string& person, Output output) {
  return show_answer(get(suite, "/v1/persons/" + url_encoded(person) + "/timeline"), output, [](const json::object& timeline) {
    return table_of(list(timeline, "entries"),
                    {{"at", "at"}, {"stage", "stage"}, {"what", "words"}, {"event", "type"}, {"provenance", "provenance"}});
  });
}

int run_why(const Suite& suite, const std::string& person, Output output) {
  return show_answer(get(suite, with_query("/v1/messages", {{"person", person}})), output, [](const json::object& messages) {
    return table_of(list(messages, "messages"), {{"due", "due"},
                                                 {"programme", "programme"},
                                                 {"step", "step"},
                                                 {"channel", "channel"},
                                                 {"state", "state"},
                                                 {"reason", "reason"},
                                                 {"why", "words"}});
  });
}

int run_audit_leaks(const Suite& suite, Output output) {
  const auto answer = get(suite, "/v1/audit/leaks");
  if (!answer) return 2;
  const auto audit = object_of(*answer);
  if (!audit) return 2;
  if (output == Output::kJson) print_line(*answer);
  else std::cout << leaks_words(*audit);
  return number(*audit, "violations") > 0 ? 1 : 0;
}

int run_parked_list(const Suite& suite, Output output) { return show_answer(get(suite, "/v1/parked"), output, generic); }

int run_parked_retry(const Suite& suite, const std::string& service, const std::string& entity, Output output) {
  json::object body;
  if (!service.empty()) body["service"] = service;
  if (!entity.empty()) body["entity"] = entity;
  const HttpRequest request{.method = "POST", .path = "/v1/parked/retry", .body = json::serialize(body), .idempotency_key = random_key()};
  return show_answer(ask(suite, request), output, generic);
}

int run_rebuild_analytics(const Suite& suite, Output output) {
  const HttpRequest request{.method = "POST", .path = "/v1/rebuild/analytics", .body = "{}", .idempotency_key = random_key()};
  return show_answer(ask(suite, request), output, generic);
}

int run_huddle(const Suite& suite, const std::string& site, std::string day, Output output) {
  if (day.empty()) {
    const auto answer = get(suite, "/v1/sites/" + url_encoded(site));
    if (!answer) return 1;
    const auto view = object_of(*answer);
    if (!view) return 1;
    const std::string zone = cell(*view, "zone");
    if (!runtime::zone_exists(zone)) {
      std::cerr << "bridgework: this machine does not know the time zone of " << site << "; name the day with --day\n";
      return 1;
    }
    day = written(runtime::local_day(std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()), zone));
  }
  return show_answer(get(suite, with_query("/v1/huddles", {{"site", site}, {"day", day}})), output, huddle_words);
}

int run_bucket(const Suite& suite, const std::string& site, const std::string& from, const std::string& to, Output output) {
  return show_answer(get(suite, with_query("/v1/bucket", {{"site", site}, {"from", from}, {"to", to}})), output, bucket_words);
}

int run_call(const Suite& suite, std::string method, const std::string& path, const std::string& body, std::string idempotency_key) {
  for (char& c : method) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  HttpRequest request{.method = method, .path = path.starts_with('/') ? path : "/" + path, .body = body};
  if (method != "GET") request.idempotency_key = idempotency_key.empty() ? random_key() : std::move(idempotency_key);
  const HttpResult result = call(suite, request);
  if (!result) {
    std::cerr << "bridgework: " << explain(suite, result.error()) << '\n';
    return 2;
  }
  if (!result->body.empty()) print_line(result->body);
  if (result->status < 400) return 0;
  std::cerr << "bridgework: " << explain(suite, request, *result) << '\n';
  return 1;
}

int run_tail(const Suite& suite, const TailOptions& options) {
  std::uint64_t after = options.after;
  std::chrono::milliseconds pause{0};
  while (true) {
    const auto reading = read_feed(suite, options, after);
    if (!reading) return 1;
    if (!std::cout) return 0;  // whoever read our output has had enough
    const bool advanced = reading->last > after;
    after = reading->last;
    if (options.end == TailOptions::End::kAtHead) {
      if (!advanced) return 0;
      continue;
    }
    // A stream that ends at once, or a gateway that does not stream: ask again, not too often.
    pause =
        advanced ? std::chrono::milliseconds(100) : std::min(pause * 2 + std::chrono::milliseconds(100), std::chrono::milliseconds(1000));
    std::this_thread::sleep_for(pause);
  }
}

int run_bench_command(const Suite& suite, std::size_t requests, std::size_t in_flight, Output output) {
  std::vector<std::chrono::microseconds> times;
  std::size_t failed = 0;
  std::string failure;
  const std::string run = random_key();
  const auto begun = std::chrono::steady_clock::now();
  HttpPool pool(suite, in_flight);
  for (std::size_t i = 0; i < requests; ++i) {
    const HttpRequest request{.method = "POST",
                              .path = "/v1/persons",
                              .body = R"({"profile":{"given_name":"Bench","status":"prospect","provenance":"imported"}})",
                              .idempotency_key = run + "-" + std::to_string(i)};
    pool.start(request, [&](HttpResult result) {
      if (result && result->status < 300) {
        times.push_back(result->took);
        return;
      }
      ++failed;
      if (!failure.empty()) return;
      failure = result ? explain(suite, HttpRequest{.method = "POST", .path = "/v1/persons"}, *result) : explain(suite, result.error());
    });
  }
  pool.drain();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  std::sort(times.begin(), times.end());
  const json::object figures{{"requests", requests},
                             {"failed", failed},
                             {"in_flight", in_flight},
                             {"seconds", seconds},
                             {"per_second", static_cast<double>(times.size()) / seconds},
                             {"p50_us", percentile(times, 0.50).count()},
                             {"p99_us", percentile(times, 0.99).count()},
                             {"max_us", percentile(times, 1.0).count()}};
  std::cout << (output == Output::kJson ? json::serialize(figures) + "\n" : generic(figures));
  if (failed > 0) std::cerr << "bridgework: " << failure << '\n';
  return failed == 0 ? 0 : 1;
}

}  // namespace bridgework::cli
