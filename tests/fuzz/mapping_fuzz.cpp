// The mapping file that an operator writes for another system's export.

#include <string>
#include <vector>

#include "scripts/cli/mapping.hpp"
#include "tests/fuzz/fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bridgework;
  constexpr Instant kNow{std::chrono::seconds{1'795'305'600}};
  auto mapping = cli::parse_mapping({reinterpret_cast<const char*>(data), size});
  if (!mapping) {
    fuzz::require(!mapping.error().empty(), "a refusal has a sentence");
    return 0;
  }
  const auto& columns = mapping->columns;
  const std::vector<std::string> header = {columns.person,  columns.appointment, columns.site,      columns.start,
                                           columns.outcome, columns.booked_at,   columns.birth_date};
  const auto rows = cli::RowReader::fit(std::move(*mapping), header, kNow);
  if (!rows) return 0;
  for (const char* time : {"2016-04-29T18:38:08Z", "2016-04-29", "2016-04-29T18:38", "9999-12-31T23:59:59+23:59", ""}) {
    const std::vector<std::string> row = {"p", "a", "s", time, "Yes", time, time};
    const auto visit = rows->read(row);
    if (!visit) fuzz::require(!visit.error().reason.empty(), "a rejected row has a reason");
  }
  return 0;
}
