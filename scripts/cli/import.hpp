#pragma once
// `bridgework import KIND FILE`, rows with `--mapping FILE`, FHIR as NDJSON: the past of another system, once, however often it is tried.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scripts/cli/http.hpp"
#include "scripts/cli/mapping.hpp"

namespace bridgework::cli {

struct ImportOptions {
  std::string kind;
  std::string file;
  std::string mapping_file;
  std::string rejects_file;  ///< empty: beside the file, or beside the progress when that place cannot be written
  std::string past_booked;   ///< fhir: what became of visits of the past that are still booked; empty: they are refused
  /// kBesideTheDesk leaves the suite half of the time to the people who work with it meanwhile.
  enum class Pace { kBesideTheDesk, kFast } pace = Pace::kBesideTheDesk;
  enum class Output { kWords, kJson } output = Output::kWords;
  enum class Progress { kResume, kForget } progress = Progress::kResume;
};

/// Returns the process's exit code.
///
/// Every request names itself by its content, so repeating one changes nothing. What was answered is also kept in
/// DATA/imports/<file>.json, written beside and renamed: after a kill the next run goes on behind the last second's answers.
int run_import(const Suite& suite, const ImportOptions& options);

/// A row on its way, already JSON.
struct OutRow {
  std::size_t line = 0;
  std::string json;
};

/// What one request carries.
using Batch = std::vector<OutRow>;

/// Gathers rows so that a request holds whole commands: rows of one key go into one command, up to `group_rows_max` of them. The same
/// file gives the same batches, which is what lets a later run skip those already answered.
class BatchMaker {
 public:
  static constexpr std::size_t kBatchRowsMax = 200;

  explicit BatchMaker(std::size_t group_rows_max) : group_rows_max_(group_rows_max) {}

  /// A batch that became full, or an empty one.
  Batch add(const std::string& key, OutRow row);
  /// What is left, as batches.
  std::vector<Batch> finish();

 private:
  Batch append(Batch group);

  std::size_t group_rows_max_;
  std::map<std::string, Batch> groups_;
  Batch full_groups_;
};

/// One item of POST /v1/imports/persons, /v1/imports/leads and /v1/imports/visits.
std::string person_json(const PastVisit& visit, const Mapping& mapping, std::string_view person, std::string_view home_site);
std::string lead_json(const PastLead& lead, const LeadMapping& mapping, std::string_view person, std::string_view enquiry,
                      std::string_view site);
std::string visit_json(const PastVisit& visit, std::string_view person, std::string_view site, std::string_view appointment);

}  // namespace bridgework::cli
