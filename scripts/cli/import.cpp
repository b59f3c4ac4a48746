#include "scripts/cli/import.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include <boost/json.hpp>

#include "runtime/lane.hpp"
#include "scripts/cli/csv.hpp"
#include "scripts/cli/ids.hpp"

namespace bridgework::cli {
namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

/// What one command of the suite takes (messages/lead_intake.capnp, messages/appointments.capnp).
constexpr std::size_t kPersonsPerCommandMax = 250;
constexpr std::size_t kVisitsPerCommandMax = 200;
constexpr std::size_t kLeadsPerCommandMax = 100;
/// Resources of one Bundle: the gateway takes each for itself, one after the other, and half of the bytes that it takes at once.
constexpr std::size_t kResourcesPerBundleMax = 50;
constexpr std::size_t kBundleBytesMax = 512 * 1024;

/// How long a busy or absent suite is asked again before the import gives up.
constexpr std::chrono::seconds kPatience{120};
constexpr std::size_t kInFlightWhenFast = 4;

class MappedFile {
 public:
  static tl::expected<std::unique_ptr<MappedFile>, std::string> open(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return tl::unexpected("cannot open " + path);
    struct stat about {};
    if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
      ::close(file);
      return tl::unexpected(path + " is no regular file");
    }
    auto mapped = std::unique_ptr<MappedFile>(new MappedFile);
    mapped->size_ = static_cast<std::size_t>(about.st_size);
    if (mapped->size_ > 0) mapped->data_ = ::mmap(nullptr, mapped->size_, PROT_READ, MAP_PRIVATE, file, 0);
    ::close(file);
    if (mapped->data_ == MAP_FAILED) return tl::unexpected("cannot map " + path);
    return mapped;
  }
  ~MappedFile() {
    if (data_ != nullptr && data_ != MAP_FAILED) ::munmap(data_, size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::string_view text() const { return {static_cast<const char*>(data_), size_}; }

 private:
  MappedFile() = default;
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

struct RejectedRow {
  std::size_t line;
  std::string field;
  std::string reason;
};

void append_text(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < ' ') {
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{') out += ',';
  append_text(out, name);
  out += ':';
  append_text(out, text);
}

std::string points_json(std::string_view phone, std::string_view email) {
  std::string points;
  for (const auto& [kind, raw] : {std::pair{"phone", phone}, std::pair{"email", email}}) {
    if (raw.empty()) continue;
    std::string point = "{";
    append_member(point, "kind", kind);
    append_member(point, "raw", raw);
    points += (points.empty() ? "" : ",") + point + "}";
  }
  return points;
}

/// The phases of a FHIR import: of people and calendars, then of what is about them.
constexpr std::string_view kFhirPeople = "people", kFhirRest = "the rest";

bool is_fhir(std::string_view phase) { return phase == kFhirPeople || phase == kFhirRest; }

std::string body_of(std::string_view phase, const Batch& batch) {
  if (is_fhir(phase)) {
    std::string body = R"({"resourceType":"Bundle","type":"batch","entry":[)";
    for (const OutRow& row : batch) body += (body.back() == '[' ? "" : ",") + row.json;
    return body + "]}";
  }
  std::string body = "{\"rows\":[";
  for (const OutRow& row : batch) {
    if (body.back() != '[') body += ',';
    body += row.json;
  }
  return body + "]}";
}

/// What a former run of the same import was told by the suite.
struct Progress {
  std::map<std::string, std::set<std::size_t>> answered;  ///< phase → numbers of batches
  std::vector<RejectedRow> rejected;                      ///< by the suite
  std::uint64_t already_known = 0;
  std::uint64_t overlapping = 0;
};

std::string text_of(const Progress& progress) {
  json::object answered;
  for (const auto& [phase, numbers] : progress.answered) {
    json::array ranges;
    for (auto it = numbers.begin(); it != numbers.end();) {
      const std::size_t first = *it;
      std::size_t last = first;
      for (++it; it != numbers.end() && *it == last + 1; ++it) last = *it;
      ranges.push_back(json::array{first, last});
    }
    answered[phase] = std::move(ranges);
  }
  json::array rejected;
  for (const RejectedRow& row : progress.rejected) rejected.push_back(json::array{row.line, row.field, row.reason});
  return json::serialize(json::object{{"answered", std::move(answered)},
                                      {"rejected", std::move(rejected)},
                                      {"already_known", progress.already_known},
                                      {"overlapping", progress.overlapping}});
}

/// Nothing, when the text is not what text_of wrote: the import then begins anew, which is slower and no less right.
std::optional<Progress> progress_from(const std::string& text) try {
  const json::value value = json::parse(text);
  Progress progress;
  for (const auto& [phase, ranges] : value.at("answered").as_object()) {
    for (const json::value& range : ranges.as_array()) {
      const auto last = range.at(1).to_number<std::size_t>();
      for (auto number = range.at(0).to_number<std::size_t>(); number <= last; ++number) progress.answered[phase].insert(number);
    }
  }
  for (const json::value& row : value.at("rejected").as_array()) {
    progress.rejected.push_back(
        {row.at(0).to_number<std::size_t>(), json::value_to<std::string>(row.at(1)), json::value_to<std::string>(row.at(2))});
  }
  progress.already_known = value.at("already_known").to_number<std::uint64_t>();
  progress.overlapping = value.at("overlapping").to_number<std::uint64_t>();
  return progress;
} catch (const std::exception&) {
  return std::nullopt;
}

/// Keeps the progress on disk, at most once a second.
class ProgressFile {
 public:
  ProgressFile(const std::string& data_dir, const std::string& name) {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::path(data_dir) / "imports";
    if (!std::filesystem::is_directory(data_dir, error)) return;
    std::filesystem::create_directories(folder, error);
    if (::access(folder.c_str(), W_OK) == 0) path_ = (folder / (name + ".json")).string();
  }
  bool is_kept() const { return !path_.empty(); }

  std::optional<Progress> read() const {
    std::ifstream file(path_);
    if (path_.empty() || !file) return std::nullopt;
    std::stringstream text;
    text << file.rdbuf();
    return progress_from(text.str());
  }
  void write(const Progress& progress) {
    if (path_.empty()) return;
    const std::string beside = path_ + ".new";
    {
      std::ofstream file(beside, std::ios::trunc);
      file << text_of(progress);
      if (!file.flush()) return;
    }
    std::rename(beside.c_str(), path_.c_str());
    written_ = Clock::now();
  }
  void write_if_due(const Progress& progress) {
    if (Clock::now() - written_ >= std::chrono::seconds(1)) write(progress);
  }

 private:
  std::string path_;
  Clock::time_point written_ = Clock::now();
};

/// One line a second for whoever waits.
class ProgressLine {
 public:
  void begin(std::string phase, std::size_t rows) {
    phase_ = std::move(phase);
    total_ = rows;
    done_ = 0;
    skipped_ = 0;
    begun_ = Clock::now();
  }
  void add(std::size_t rows) {
    done_ += rows;
    say_if_due();
  }
  void skip(std::size_t rows) {
    skipped_ += rows;
    add(rows);
  }
  void say_if_due() {
    const auto now = Clock::now();
    if (now - said_ < std::chrono::seconds(1)) return;
    said_ = now;
    const double seconds = std::chrono::duration<double>(now - begun_).count();
    const double rate = seconds > 0 ? static_cast<double>(done_ - skipped_) / seconds : 0;
    const double part = total_ == 0 ? 100 : 100.0 * static_cast<double>(done_) / static_cast<double>(total_);
    std::fprintf(stderr, "%-8s %zu of %zu rows  %.0f rows/s  %.0f %%\n", phase_.c_str(), done_, total_, rate, part);
  }

 private:
  std::string phase_;
  std::size_t total_ = 0, done_ = 0, skipped_ = 0;
  Clock::time_point begun_ = Clock::now();
  Clock::time_point said_ = Clock::now();
};

/// No answer, busy, or the store away: the same request may succeed later.
bool is_transient(const HttpResult& result) {
  return !result || result->status == 429 || result->status == 502 || result->status == 503 || result->status == 504;
}

/// Sends batches, several at a time, and learns what became of each.
class Sender {
 public:
  Sender(const Suite& suite, const ImportOptions& options, ProgressFile& file, Progress& progress, ProgressLine& line)
      : suite_(suite),
        pace_(options.pace),
        pool_(suite, pace_ == ImportOptions::Pace::kFast ? kInFlightWhenFast : 1),
        past_booked_(options.past_booked),
        file_(file),
        progress_(progress),
        line_(line),
        last_answer_(Clock::now()) {}

  /// False when the import cannot go on.
  bool send(const std::string& phase, std::size_t number, Batch batch) {
    rest();
    if (!failure_.empty()) return false;
    if (progress_.answered[phase].contains(number)) {
      line_.skip(batch.size());
      return true;
    }
    auto pieces = std::make_shared<Pieces>(Pieces{phase, number, 1});
    HttpRequest request = request_for(phase, batch);
    pool_.start(std::move(request), then(std::move(pieces), std::move(batch), 0));
    line_.say_if_due();
    return failure_.empty();
  }

  bool drain() {
    pool_.drain();
    file_.write(progress_);
    return failure_.empty();
  }

  const std::string& failure() const { return failure_; }

 private:
  /// A batch may be cut to find the one row the suite refuses; it is answered when all its pieces are.
  struct Pieces {
    std::string phase;
    std::size_t number;
    std::size_t open;
  };

  /// As long as the last request took: what the services still do with its rows is done meanwhile, and whoever works at a desk stands
  /// behind one request at most.
  void rest() {
    if (pace_ == ImportOptions::Pace::kFast) return;
    pool_.drain();
    const auto until = last_answer_ + last_took_;
    for (auto now = Clock::now(); now < until; now = Clock::now()) {
      line_.say_if_due();
      pool_.turn(std::chrono::ceil<std::chrono::milliseconds>(std::min<Clock::duration>(until - now, std::chrono::seconds(1))));
    }
  }

  HttpRequest request_for(const std::string& phase, const Batch& batch) const {
    const std::string past = past_booked_.empty() ? "" : "?past_booked=" + url_encoded(past_booked_);
    HttpRequest request{
        .method = "POST", .path = is_fhir(phase) ? "/fhir/R4" + past : "/v1/imports/" + phase, .body = body_of(phase, batch)};
    request.idempotency_key = "import-" + content_name(request.path + "\n" + request.body);
    return request;
  }

  HttpPool::Then then(std::shared_ptr<Pieces> pieces, Batch batch, int attempt) {
    return [this, pieces = std::move(pieces), batch = std::move(batch), attempt](HttpResult result) mutable {
      took_answer(std::move(pieces), std::move(batch), attempt, std::move(result));
    };
  }

  void took_answer(std::shared_ptr<Pieces> pieces, Batch batch, int attempt, HttpResult result) {
    if (!failure_.empty()) return;
    if (is_transient(result) || (is_fhir(pieces->phase) && result->status == 200 && has_transient_entry(result->body))) {
      again(std::move(pieces), std::move(batch), attempt, result);
      return;
    }
    last_answer_ = Clock::now();
    last_took_ = result->took;
    if (result->status >= 200 && result->status < 300) {
      if (is_fhir(pieces->phase)) accept_bundle(*pieces, batch, result->body);
      else accept(*pieces, batch, result->body);
      return;
    }
    const bool is_about_the_rows = result->status == 400 || result->status == 409 || result->status == 413 || result->status == 422;
    if (!is_about_the_rows) {
      failure_ = explain(suite_, request_for(pieces->phase, {}), *result);
      return;
    }
    if (batch.size() == 1) {
      progress_.rejected.push_back({batch.front().line, "", words_of(result->body)});
      close(*pieces, 1);
      return;
    }
    ++pieces->open;
    const auto half = static_cast<std::ptrdiff_t>(batch.size() / 2);
    Batch second(std::make_move_iterator(batch.begin() + half), std::make_move_iterator(batch.end()));
    batch.resize(static_cast<std::size_t>(half));
    for (Batch* part : {&batch, &second}) {
      HttpRequest request = request_for(pieces->phase, *part);
      pool_.start_later(std::move(request), then(pieces, std::move(*part), 0), std::chrono::milliseconds(0));
    }
  }

  void again(std::shared_ptr<Pieces> pieces, Batch batch, int attempt, const HttpResult& result) {
    if (Clock::now() - last_answer_ > kPatience) {
      failure_ = (result ? explain(suite_, request_for(pieces->phase, {}), *result) : explain(suite_, result.error())) +
                 "\nThe same command goes on where this one stopped.";
      return;
    }
    std::chrono::milliseconds wait{std::min(5000, 100 << std::min(attempt, 6))};
    if (result)
      wait = std::max(wait, std::chrono::duration_cast<std::chrono::milliseconds>(std::min(result->retry_after, std::chrono::seconds(10))));
    HttpRequest request = request_for(pieces->phase, batch);
    pool_.start_later(std::move(request), then(std::move(pieces), std::move(batch), attempt + 1), wait);
  }

  void accept(Pieces& pieces, const Batch& batch, const std::string& body) {
    boost::system::error_code error;
    const json::value answer = json::parse(body, error);
    if (const json::object* object = error ? nullptr : answer.if_object()) {
      const auto count = [&](std::string_view name) -> std::uint64_t {
        const json::value* value = object->if_contains(name);
        boost::system::error_code no_number;
        return value == nullptr ? 0 : value->to_number<std::uint64_t>(no_number);
      };
      const json::value* rejected = object->if_contains("rejected");
      const json::array none;
      const json::array& rejected_rows = rejected != nullptr && rejected->is_array() ? rejected->get_array() : none;
      const std::uint64_t accounted = count("imported") + count("already_known") + rejected_rows.size();
      if (object->contains("imported") && accounted != batch.size()) {
        failure_ = "the suite accounts for " + std::to_string(accounted) + " of the " + std::to_string(batch.size()) + " rows from line " +
                   std::to_string(batch.front().line) + "; this is a defect, please report it";
        return;
      }
      progress_.already_known += pieces.phase == "persons" ? 0 : count("already_known");
      progress_.overlapping += count("overlapping");
      note_rejected(batch, rejected_rows);
    }
    close(pieces, batch.size());
  }

  static json::array entries_of(const std::string& bundle) {
    boost::system::error_code error;
    const json::value answer = json::parse(bundle, error);
    const json::object* object = error ? nullptr : answer.if_object();
    const json::value* entries = object == nullptr ? nullptr : object->if_contains("entry");
    return entries != nullptr && entries->is_array() ? entries->get_array() : json::array();
  }
  /// What stands at a JSON pointer as text; empty when nothing does.
  static std::string text_at(const json::value& value, std::string_view pointer) {
    boost::system::error_code error;
    const json::value* found = value.find_pointer({pointer.data(), pointer.size()}, error);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  }
  /// The suite was away for one resource: the Bundle is sent again, and what was taken is recognised.
  static bool has_transient_entry(const std::string& bundle) {
    return std::ranges::any_of(entries_of(bundle), [](const json::value& entry) {
      const std::string status = text_at(entry, "/response/status");
      return status == "429" || status == "502" || status == "503" || status == "504";
    });
  }

  void accept_bundle(Pieces& pieces, const Batch& batch, const std::string& body) {
    const json::array entries = entries_of(body);
    if (entries.size() != batch.size()) {
      failure_ = "the suite accounts for " + std::to_string(entries.size()) + " of the " + std::to_string(batch.size()) +
                 " resources from line " + std::to_string(batch.front().line) + "; this is a defect, please report it";
      return;
    }
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const std::string status = text_at(entries[i], "/response/status");
      if (status == "200") ++progress_.already_known;
      if (status.starts_with('2')) continue;
      progress_.rejected.push_back({batch[i].line, text_at(entries[i], "/response/outcome/issue/0/details/coding/0/code"),
                                    text_at(entries[i], "/response/outcome/issue/0/details/text")});
    }
    close(pieces, batch.size());
  }

  /// `rejected: [{"row": 3, "field": "local_start", "reason": "time_does_not_exist"}]`, rows counted from 0 within the request.
  void note_rejected(const Batch& batch, const json::array& rejected) {
    for (const json::value& item : rejected) {
      const json::object* object = item.if_object();
      const json::value* row = object == nullptr ? nullptr : object->if_contains("row");
      boost::system::error_code error;
      const std::size_t index = row == nullptr ? batch.size() : row->to_number<std::size_t>(error);
      if (error || index >= batch.size()) continue;
      const auto part = [&](std::string_view name) -> std::string {
        const json::value* value = object->if_contains(name);
        return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
      };
      progress_.rejected.push_back({batch[index].line, part("field"), part("reason")});
    }
  }

  void close(Pieces& pieces, std::size_t rows) {
    line_.add(rows);
    if (--pieces.open == 0) progress_.answered[pieces.phase].insert(pieces.number);
    file_.write_if_due(progress_);
  }

  static std::string words_of(const std::string& body) {
    boost::system::error_code error;
    const json::value problem = json::parse(body, error);
    const json::object* object = error ? nullptr : problem.if_object();
    std::string words;
    for (const std::string_view name : {"code", "detail"}) {
      const json::value* value = object == nullptr ? nullptr : object->if_contains(name);
      if (value != nullptr && value->is_string()) words += (words.empty() ? "" : ": ") + std::string(value->get_string());
    }
    return words.empty() ? "refused by the suite" : words;
  }

  const Suite& suite_;
  ImportOptions::Pace pace_;
  HttpPool pool_;
  std::string past_booked_;
  ProgressFile& file_;
  Progress& progress_;
  ProgressLine& line_;
  Clock::time_point last_answer_;
  std::chrono::microseconds last_took_{0};
  std::string failure_;
};

/// What the first reading of the file finds, before anything is sent.
struct Survey {
  std::size_t read = 0;
  std::size_t persons = 0;
  std::vector<bool> accepted;      ///< by number of the record
  std::vector<std::string> sites;  ///< names, in the order of their coming
  std::vector<RejectedRow> rejected;
};

/// What makes a row different from every other one, and the column that says so.
std::string_view name_of(const PastVisit& visit) { return visit.appointment; }
std::string_view name_of(const PastLead& lead) { return lead.lead; }
const std::string& name_column(const RowReader& reader) { return reader.mapping().columns.appointment; }
const std::string& name_column(const LeadReader& reader) { return reader.mapping().columns.lead; }

template <class Reader>
Survey survey_of(std::string_view text, const Reader& reader) {
  Survey survey;
  std::unordered_map<std::string, std::size_t> first_line;
  std::unordered_set<std::string> persons;
  std::set<std::string, std::less<>> sites;
  CsvReader csv(text);
  CsvRecord record;
  csv.next(record);
  for (CsvStep step = csv.next(record); step != CsvStep::kEnd; step = csv.next(record)) {
    ++survey.read;
    survey.accepted.push_back(false);
    if (step == CsvStep::kBroken) {
      survey.rejected.push_back({record.line, "", std::string(to_string(csv.error()))});
      continue;
    }
    const auto visit = reader.read(record.fields);
    if (!visit) {
      survey.rejected.push_back({record.line, visit.error().field, visit.error().reason});
      continue;
    }
    const auto [known, is_new] = first_line.emplace(name_of(*visit), record.line);
    if (!is_new) {
      survey.rejected.push_back({record.line, name_column(reader), "stands on line " + std::to_string(known->second) + " already"});
      continue;
    }
    survey.accepted.back() = true;
    persons.emplace(visit->person);
    if (sites.find(visit->site) == sites.end()) {
      sites.emplace(visit->site);
      survey.sites.emplace_back(visit->site);
    }
  }
  survey.persons = persons.size();
  return survey;
}

/// Calls `use` with every accepted row; stops when it returns false.
template <class Reader, class Use>
void for_each_accepted(std::string_view text, const Reader& reader, const Survey& survey, const Use& use) {
  CsvReader csv(text);
  CsvRecord record;
  csv.next(record);
  std::size_t number = 0;
  for (CsvStep step = csv.next(record); step != CsvStep::kEnd; step = csv.next(record)) {
    if (!survey.accepted[number++]) continue;
    const auto visit = reader.read(record.fields);
    if (visit && !use(*visit, record.line)) return;
  }
}

std::optional<std::string> take_known_sites(const Suite& suite, SiteIds& ids) {
  const HttpRequest request{.path = "/v1/sites"};
  const HttpResult result = call(suite, request);
  if (!result) return explain(suite, result.error());
  if (result->status != 200) return explain(suite, request, *result);
  boost::system::error_code error;
  const json::value answer = json::parse(result->body, error);
  const json::object* object = error ? nullptr : answer.if_object();
  const json::value* sites = object == nullptr ? nullptr : object->if_contains("sites");
  if (sites == nullptr || !sites->is_array())
    return "GET /v1/sites did not answer with a list of sites: is " + suite.url + " a Bridgework suite?";
  for (const json::value& site : sites->get_array()) {
    const json::object* item = site.if_object();
    const json::value* name = item == nullptr ? nullptr : item->if_contains("name");
    const json::value* id = item == nullptr ? nullptr : item->if_contains("site");
    if (name == nullptr || id == nullptr || !name->is_string() || !id->is_string()) continue;
    ids.known(name->get_string(), id->get_string());
  }
  return std::nullopt;
}

std::string site_json(const std::string& id, const std::string& name, const std::string& zone) {
  std::string out = "{";
  append_member(out, "site", id);
  append_member(out, "name", name);
  append_member(out, "zone", zone);
  out += ",\"hours\":[";
  for (int weekday = 1; weekday <= 5; ++weekday) {
    out +=
        (weekday > 1 ? "," : "") + std::string("{\"weekday\":") + std::to_string(weekday) + ",\"from_minute\":480,\"until_minute\":1080}";
  }
  return out + "]}";
}

std::optional<std::string> define_sites(const Suite& suite, const std::vector<std::string>& names, const std::string& zone, SiteIds& ids) {
  std::optional<std::string> failure;
  HttpPool pool(suite, 4);
  const auto begun = Clock::now();
  const std::function<HttpPool::Then(HttpRequest)> then = [&](HttpRequest request) -> HttpPool::Then {
    return [&, request = std::move(request)](HttpResult result) {
      if (failure || (result && result->status < 300)) return;
      if (is_transient(result) && Clock::now() - begun < kPatience) {
        pool.start_later(request, then(request), std::chrono::milliseconds(200));
        return;
      }
      failure = result ? explain(suite, request, *result) : explain(suite, result.error());
    };
  };
  for (const std::string& name : names) {
    if (ids.has(name)) continue;
    HttpRequest request{.method = "POST", .path = "/v1/sites", .body = site_json(ids.id_of(name), name, zone)};
    request.idempotency_key = "import-" + content_name(request.path + "\n" + request.body);
    pool.start(request, then(request));
    if (failure) break;
  }
  pool.drain();
  return failure;
}

/// Whether a folder is meant to be written to. A folder without any write bit is not, even when it is root who asks.
bool is_writable_folder(const std::filesystem::path& folder) {
  struct stat about {};
  const std::string path = folder.empty() ? "." : folder.string();
  if (::stat(path.c_str(), &about) != 0 || (about.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)) == 0) return false;
  return ::access(path.c_str(), W_OK) == 0;
}

/// Opens where the rejects go: where it was asked, else beside the file, else in the suite's data, else here.
std::string open_rejects(const ImportOptions& options, const Suite& suite, std::ofstream& file) {
  if (!options.rejects_file.empty()) {
    file.open(options.rejects_file, std::ios::trunc);
    return options.rejects_file;
  }
  const std::string name = std::filesystem::path(options.file).filename().string() + ".rejects.csv";
  for (const std::string& path : {options.file + ".rejects.csv", suite.data_dir + "/imports/" + name, name}) {
    if (is_writable_folder(std::filesystem::path(path).parent_path())) file.open(path, std::ios::trunc);
    if (file.is_open()) return path;
    file.clear();
  }
  return name;
}

std::string read_whole(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

int fail(const std::string& what) {
  std::cerr << "bridgework import: " << what << '\n';
  return 1;
}

}  // namespace

Batch BatchMaker::append(Batch group) {
  Batch done;
  if (full_groups_.size() + group.size() > kBatchRowsMax) done.swap(full_groups_);
  full_groups_.insert(full_groups_.end(), std::make_move_iterator(group.begin()), std::make_move_iterator(group.end()));
  return done;
}

Batch BatchMaker::add(const std::string& key, OutRow row) {
  Batch& group = groups_[key];
  group.push_back(std::move(row));
  if (group.size() < group_rows_max_) return {};
  return append(std::exchange(group, {}));
}

std::vector<Batch> BatchMaker::finish() {
  std::vector<Batch> batches;
  for (auto& [key, group] : groups_) {
    if (Batch done = append(std::exchange(group, {})); !done.empty()) batches.push_back(std::move(done));
  }
  groups_.clear();
  if (!full_groups_.empty()) batches.push_back(std::exchange(full_groups_, {}));
  return batches;
}

std::string person_json(const PastVisit& visit, const Mapping& mapping, std::string_view person, std::string_view home_site) {
  std::string out = "{";
  append_member(out, "person", person);
  out += ",\"profile\":{";
  if (!visit.given_name.empty()) append_member(out, "given_name", visit.given_name);
  if (!visit.family_name.empty()) append_member(out, "family_name", visit.family_name);
  if (visit.birth_day) append_member(out, "birth_day", written(*visit.birth_day));
  if (!mapping.language.empty()) append_member(out, "language", mapping.language);
  append_member(out, "home_site", home_site);
  append_member(out, "status", "patient");
  append_member(out, "provenance", "imported");
  const std::string points = points_json(visit.phone, visit.email);
  if (!points.empty()) out += ",\"contact_points\":[" + points + "]";
  return out + "}}";
}

std::string visit_json(const PastVisit& visit, std::string_view person, std::string_view site, std::string_view appointment) {
  std::string out = "{";
  append_member(out, "site", site);
  append_member(out, "appointment", appointment);
  append_member(out, "person", person);
  append_member(out, "local_start", written(visit.start));
  out += ",\"duration_minutes\":" + std::to_string(visit.duration_minutes);
  append_member(out, "purpose", visit.purpose);
  append_member(out, "outcome", visit.outcome);
  if (visit.booked_at) append_member(out, "booked_at", written(*visit.booked_at));
  return out + "}";
}

std::string lead_json(const PastLead& lead, const LeadMapping& mapping, std::string_view person, std::string_view enquiry,
                      std::string_view site) {
  std::string out = "{";
  append_member(out, "person", person);
  append_member(out, "enquiry", enquiry);
  append_member(out, "site", site);
  if (!lead.campaign.empty()) append_member(out, "campaign", lead.campaign);
  append_member(out, "source", lead.lead_source);
  append_member(out, "received_at", written(lead.received_at));
  if (!lead.message.empty()) append_member(out, "text", lead.message);
  out += ",\"profile\":{";
  if (!lead.given_name.empty()) append_member(out, "given_name", lead.given_name);
  if (!lead.family_name.empty()) append_member(out, "family_name", lead.family_name);
  if (!mapping.language.empty()) append_member(out, "language", mapping.language);
  append_member(out, "home_site", site);
  append_member(out, "status", "prospect");
  append_member(out, "provenance", "imported");
  const std::string points = points_json(lead.phone, lead.email);
  if (!points.empty()) out += ",\"contact_points\":[" + points + "]";
  return out + "}}";
}

namespace {

/// What both kinds of import begin with and end with.
struct Started {
  std::unique_ptr<MappedFile> file;
  std::string mapping_text;
  CsvRecord header;
  Instant now;
};

tl::expected<Started, std::string> start(const ImportOptions& options, const char* example) {
  Started started;
  auto file = MappedFile::open(options.file);
  if (!file) return tl::unexpected(file.error());
  started.file = std::move(*file);
  if (options.mapping_file.empty())
    return tl::unexpected("what do the columns mean? --mapping names a file; " + std::string(example) + " is an example");
  started.mapping_text = read_whole(options.mapping_file);
  if (started.mapping_text.empty())
    return tl::unexpected("cannot read the mapping " + options.mapping_file + "; " + example + " is an example");
  if (CsvReader csv(started.file->text()); csv.next(started.header) != CsvStep::kRecord)
    return tl::unexpected(options.file + " has no header line");
  started.now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  return started;
}

/// Sends one kind of rows, in whole commands.
template <class Reader, class RowOf>
bool send_all(Sender& sender, ProgressLine& line, std::string_view text, const Reader& reader, const Survey& survey,
              const std::string& phase, std::size_t rows, BatchMaker batches, const RowOf& row_of) {
  std::size_t number = 0;
  line.begin(phase, rows);
  for_each_accepted(text, reader, survey, [&](const auto& one, std::size_t line_number) {
    auto [key, row] = row_of(one);
    if (row.empty()) return true;
    Batch full = batches.add(key, {line_number, std::move(row)});
    return full.empty() || sender.send(phase, number++, std::move(full));
  });
  for (Batch& batch : batches.finish()) {
    if (!sender.send(phase, number++, std::move(batch))) break;
  }
  return sender.drain();
}

/// Writes the rejects and says what became of the file.
struct Rejects {
  std::size_t count = 0;
  std::string path;
  bool is_written = false;
};
Rejects write_rejects(const Suite& suite, const ImportOptions& options, const std::vector<RejectedRow>& by_us, const Progress& progress) {
  std::vector<RejectedRow> rejected = by_us;
  rejected.insert(rejected.end(), progress.rejected.begin(), progress.rejected.end());
  std::stable_sort(rejected.begin(), rejected.end(), [](const RejectedRow& a, const RejectedRow& b) { return a.line < b.line; });
  // A row may be refused twice, as a person and as a visit: the first reason is the one to mend.
  rejected.erase(std::unique(rejected.begin(), rejected.end(), [](const RejectedRow& a, const RejectedRow& b) { return a.line == b.line; }),
                 rejected.end());
  std::ofstream rejects;
  const std::string path = open_rejects(options, suite, rejects);
  rejects << "line,field,reason\n";
  for (const RejectedRow& row : rejected) rejects << row.line << ',' << csv_field(row.field) << ',' << csv_field(row.reason) << '\n';
  return {rejected.size(), path, static_cast<bool>(rejects.flush())};
}
int fail_to_write(const Rejects& rejects) {
  return fail("cannot write the rejected rows to " + rejects.path + "; name another place with --rejects");
}

int finish(const Suite& suite, const ImportOptions& options, const Survey& survey, const Progress& progress, const char* things,
           Clock::time_point begun) {
  const Rejects rejects = write_rejects(suite, options, survey.rejected, progress);
  if (!rejects.is_written) return fail_to_write(rejects);
  const std::size_t imported = survey.read - rejects.count;
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  if (options.output == ImportOptions::Output::kJson) {
    std::cout << json::serialize(json::object{{"read", survey.read},
                                              {"imported", imported},
                                              {"rejected", rejects.count},
                                              {"persons", survey.persons},
                                              {"sites", survey.sites.size()},
                                              {"already_known", progress.already_known},
                                              {"overlapping", progress.overlapping},
                                              {"rejects_file", rejects.path}})
              << '\n';
    return 0;
  }
  std::cout << "read " << survey.read << " rows, imported " << imported << ' ' << things << " of " << survey.persons << " persons at "
            << survey.sites.size() << " sites in " << std::to_string(seconds).substr(0, std::to_string(seconds).find('.') + 2) << " s\n";
  if (progress.overlapping > 0) std::cout << progress.overlapping << " visits overlap another; they are taken and marked\n";
  std::cout << rejects.count << " rows rejected: " << rejects.path << '\n';
  return 0;
}

/// Where a former run of the same import, cut in the same way, stopped.
ProgressFile progress_of(const Suite& suite, const std::string& meaning, std::string_view text) {
  ProgressFile file(suite.data_dir, content_name(suite.url + "\n" + std::to_string(BatchMaker::kBatchRowsMax) + "\n" + meaning + "\n" +
                                                 content_name(text)));
  if (!file.is_kept()) {
    std::cerr << "bridgework import: " << suite.data_dir
              << " cannot be written, so an interrupted import begins anew (and changes nothing twice)\n";
  }
  return file;
}

/// Reads the mapping and the file, defines the sites that are new, and sends what `send` makes of the rows, from where an earlier run
/// stopped. `send` gets the sender, the line of progress, the text, the reader, the survey and the sites' ids; false: the sender knows why.
template <class Reader, class Mapped, class Send>
int import_rows(const Suite& suite, const ImportOptions& options, const char* example, const char* things, Mapped parse, Send send) {
  const auto started = start(options, example);
  if (!started) return fail(started.error());
  auto mapping = parse(started->mapping_text);
  if (!mapping) return fail(options.mapping_file + ": " + mapping.error());
  const auto reader = Reader::fit(std::move(*mapping), started->header.fields, started->now);
  if (!reader) return fail(options.file + ": " + reader.error());
  const std::string_view text = started->file->text();

  SiteIds ids;
  if (const auto failure = take_known_sites(suite, ids)) return fail(*failure);
  const auto begun = Clock::now();
  const Survey survey = survey_of(text, *reader);
  if (const auto failure = define_sites(suite, survey.sites, reader->mapping().zone, ids)) return fail(*failure);

  ProgressFile progress_file = progress_of(suite, started->mapping_text, text);
  Progress progress;
  if (options.progress == ImportOptions::Progress::kResume) progress = progress_file.read().value_or(Progress{});
  ProgressLine line;
  Sender sender(suite, options, progress_file, progress, line);
  const bool done = send(sender, line, text, *reader, survey, ids);
  return done ? finish(suite, options, survey, progress, things, begun) : fail(sender.failure());
}

bool send_appointments(Sender& sender, ProgressLine& line, std::string_view text, const RowReader& reader, const Survey& survey,
                       SiteIds& ids) {
  const std::string& source = reader.mapping().source;
  std::unordered_set<std::string> sent_persons;
  const bool persons_done = send_all(
      sender, line, text, reader, survey, "persons", survey.persons, BatchMaker(kPersonsPerCommandMax), [&](const PastVisit& visit) {
        if (!sent_persons.emplace(visit.person).second) return std::pair<std::string, std::string>{};
        const std::string person = "p-" + imported_name(source, visit.person);
        return std::pair{std::to_string(runtime::lane_of(person)), person_json(visit, reader.mapping(), person, ids.id_of(visit.site))};
      });
  sent_persons = {};
  return persons_done &&
         send_all(sender, line, text, reader, survey, "visits", survey.read - survey.rejected.size(), BatchMaker(kVisitsPerCommandMax),
                  [&](const PastVisit& visit) {
                    const std::string& site = ids.id_of(visit.site);
                    const std::string person = "p-" + imported_name(source, visit.person);
                    return std::pair{site, visit_json(visit, person, site, site + ".v-" + imported_name(source, visit.appointment))};
                  });
}

bool send_leads(Sender& sender, ProgressLine& line, std::string_view text, const LeadReader& reader, const Survey& survey, SiteIds& ids) {
  const std::string& source = reader.mapping().source;
  return send_all(sender, line, text, reader, survey, "leads", survey.read - survey.rejected.size(), BatchMaker(kLeadsPerCommandMax),
                  [&](const PastLead& lead) {
                    const std::string person = "p-" + imported_name(source, lead.person);
                    const std::string enquiry = person + ".e-" + imported_name(source, lead.lead);
                    return std::pair{std::to_string(runtime::lane_of(person)),
                                     lead_json(lead, reader.mapping(), person, enquiry, ids.id_of(lead.site))};
                  });
}

// ---- FHIR

/// A file of resources, one a line, as their lines lie in memory.
struct Resources {
  std::size_t read = 0;
  struct One {
    std::size_t line;
    std::string_view json;
    std::string type;
    bool is_early;  ///< what others are about: people and calendars
  };
  std::vector<One> all;
  std::vector<RejectedRow> rejected;
};

/// Only what keeps a line from being sent at all is judged here: every rule of FHIR is the gateway's.
Resources resources_of(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  Resources resources;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    std::string_view one = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (one.ends_with('\r')) one.remove_suffix(1);
    if (one.find_first_not_of(" \t") == std::string_view::npos) continue;
    ++resources.read;
    boost::system::error_code error;
    const json::value value = json::parse({one.data(), one.size()}, error);
    const json::object* object = error ? nullptr : value.if_object();
    if (object == nullptr) {
      resources.rejected.push_back({line, "malformed_json", error ? "the line is no JSON: " + error.message() : "a line is one resource"});
      continue;
    }
    const json::value* type = object->if_contains("resourceType");
    const std::string name = type != nullptr && type->is_string() ? std::string(type->get_string()) : std::string();
    resources.all.push_back({line, one, name, name == "Patient" || name == "Schedule"});
  }
  return resources;
}

bool send_resources(Sender& sender, ProgressLine& line, const Resources& resources, std::string_view phase) {
  const auto is_of_phase = [&](const Resources::One& one) { return one.is_early == (phase == kFhirPeople); };
  line.begin(std::string(phase), static_cast<std::size_t>(std::ranges::count_if(resources.all, is_of_phase)));
  std::size_t number = 0, bytes = 0;
  Batch batch;
  for (const Resources::One& one : resources.all) {
    if (!is_of_phase(one)) continue;
    if (!batch.empty() && (batch.size() == kResourcesPerBundleMax || bytes + one.json.size() > kBundleBytesMax)) {
      if (!sender.send(std::string(phase), number++, std::exchange(batch, {}))) return sender.drain();
      bytes = 0;
    }
    std::string entry = "{\"request\":{";
    append_member(entry, "method", "POST");
    append_member(entry, "url", one.type);
    entry.append("},\"resource\":").append(one.json).append("}");
    bytes += entry.size();
    batch.push_back({one.line, std::move(entry)});
  }
  if (!batch.empty()) sender.send(std::string(phase), number, std::move(batch));
  return sender.drain();
}

/// In two passes, so that it does not matter in which order the lines stand.
int import_fhir(const Suite& suite, const ImportOptions& options) {
  const auto file = MappedFile::open(options.file);
  if (!file) return fail(file.error());
  const auto begun = Clock::now();
  const Resources resources = resources_of((*file)->text());
  ProgressFile progress_file = progress_of(suite, "fhir " + options.past_booked, (*file)->text());
  Progress progress;
  if (options.progress == ImportOptions::Progress::kResume) progress = progress_file.read().value_or(Progress{});
  ProgressLine line;
  Sender sender(suite, options, progress_file, progress, line);
  if (!send_resources(sender, line, resources, kFhirPeople) || !send_resources(sender, line, resources, kFhirRest))
    return fail(sender.failure());
  const Rejects rejects = write_rejects(suite, options, resources.rejected, progress);
  if (!rejects.is_written) return fail_to_write(rejects);
  const std::size_t taken = resources.read - rejects.count;
  if (options.output == ImportOptions::Output::kJson) {
    std::cout << json::serialize(json::object{{"read", resources.read},
                                              {"imported", taken},
                                              {"rejected", rejects.count},
                                              {"already_known", progress.already_known},
                                              {"rejects_file", rejects.path}})
              << '\n';
    return 0;
  }
  const std::string seconds = std::to_string(std::chrono::duration<double>(Clock::now() - begun).count());
  std::cout << "read " << resources.read << " resources, took " << taken << " (" << progress.already_known << " known before) in "
            << seconds.substr(0, seconds.find('.') + 2) << " s\n"
            << rejects.count << " resources rejected: " << rejects.path << '\n';
  return 0;
}

}  // namespace

int run_import(const Suite& suite, const ImportOptions& options) {
  if (options.kind == "appointments") {
    return import_rows<RowReader>(suite, options, "tests/functional/noshow.toml", "visits", parse_mapping, send_appointments);
  }
  if (options.kind == "leads") {
    return import_rows<LeadReader>(suite, options, "tests/functional/leads.toml", "leads", parse_lead_mapping, send_leads);
  }
  if (options.kind == "fhir") return import_fhir(suite, options);
  return fail("there is no kind " + options.kind + "; what can be imported is: appointments, leads, fhir");
}

}  // namespace bridgework::cli
