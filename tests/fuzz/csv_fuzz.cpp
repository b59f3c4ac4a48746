// Files of other systems: CSV records, and their rows as past visits.

#include <algorithm>
#include <string>
#include <vector>

#include "scripts/cli/csv.hpp"
#include "scripts/cli/mapping.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace {

using namespace bridgework;

constexpr std::string_view kMapping = R"(
source = "fuzz"
zone = "America/Sao_Paulo"
language = "pt-BR"
[columns]
person = "person"
appointment = "visit"
site = "site"
start = "start"
booked_at = "booked"
outcome = "outcome"
age = "age"
birth_date = "born"
duration_minutes = "minutes"
given_name = "given"
family_name = "family"
phone = "phone"
email = "email"
[formats]
start = "local"
booked_at = "instant"
[outcomes]
"yes" = "completed"
"no" = "no_show"
)";

// 2026-11-22T00:00:00Z
constexpr Instant kNow{std::chrono::seconds{1'795'305'600}};

std::string written(const std::vector<std::string>& fields) {
  std::string line;
  for (const std::string& field : fields) line += (line.empty() ? "" : ",") + cli::csv_field(field);
  return line;
}

/// A record that was read, written and read again, is the same record. An empty first field would begin the line with nothing at all.
void check_round_trip(const std::vector<std::string>& fields) {
  if (fields.front().empty()) return;
  // Behind another line, because a byte order mark at the start of a file is no text.
  const std::string text = "first\n" + written(fields) + "\n";
  cli::CsvReader reader(text);
  cli::CsvRecord record;
  fuzz::require(reader.next(record) == cli::CsvStep::kRecord, "the first line is a record");
  fuzz::require(reader.next(record) == cli::CsvStep::kRecord && record.fields == fields, "a written record reads as it was");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const cli::Mapping mapping = cli::parse_mapping(kMapping).value();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  cli::CsvReader reader(text);
  cli::CsvRecord record;
  std::optional<cli::RowReader> rows;
  std::size_t line = 0, read = 0;
  for (bool header = true;; header = false) {
    const cli::CsvStep step = reader.next(record);
    if (step == cli::CsvStep::kEnd) break;
    fuzz::require(record.line > line, "lines only grow");
    line = record.line;
    fuzz::require(reader.bytes_read() > read && reader.bytes_read() <= size, "each record moves on");
    read = reader.bytes_read();
    if (step == cli::CsvStep::kBroken) {
      fuzz::require(!to_string(reader.error()).empty(), "what is broken has a name");
      continue;
    }
    fuzz::require(!record.fields.empty() && record.fields.size() <= cli::kCsvColumnsMax, "columns are bounded");
    for (const std::string& field : record.fields) fuzz::require(field.size() <= cli::kCsvFieldBytesMax, "fields are bounded");
    check_round_trip(record.fields);
    if (header) {
      if (auto fitted = cli::RowReader::fit(mapping, record.fields, kNow)) rows.emplace(std::move(*fitted));
      continue;
    }
    if (!rows) continue;
    const auto visit = rows->read(record.fields);
    if (!visit) fuzz::require(!visit.error().reason.empty(), "a rejected row has a reason");
    else fuzz::require(!visit->person.empty() && !visit->appointment.empty() && !visit->site.empty(), "a visit has its names");
  }
  fuzz::require(reader.bytes_read() == size, "the file was read to its end");
  return 0;
}
