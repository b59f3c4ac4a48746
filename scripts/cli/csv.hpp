#pragma once
// Comma-separated text as RFC 4180 has it, and as spreadsheets really write it.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace bridgework::cli {

/// More columns or longer fields than any export has; stops a file that is not CSV from eating the memory.
inline constexpr std::size_t kCsvColumnsMax = 1024;
inline constexpr std::size_t kCsvFieldBytesMax = 65536;

struct CsvRecord {
  std::size_t line = 0;  ///< where it begins, the first line of the file being 1
  std::vector<std::string> fields;
};

enum class CsvError {
  kTextAfterQuote,    ///< `"a"b,`
  kQuoteNeverClosed,  ///< up to the end of the text, or past kCsvFieldBytesMax
  kFieldTooLong,
  kTooManyColumns,
};
std::string_view to_string(CsvError error);

enum class CsvStep { kRecord, kBroken, kEnd };

/// Reads records one after the other. A byte order mark at the start is skipped, LF and CRLF end a record, empty lines are no records.
///
/// A broken record does not end the file: reading goes on at the next line, so that one bad row costs one row.
class CsvReader {
 public:
  /// `text` must outlive the reader.
  explicit CsvReader(std::string_view text);

  /// Fills `record` on kRecord; on kBroken only its line, and `error()` says why.
  CsvStep next(CsvRecord& record);
  CsvError error() const { return error_; }

  std::size_t bytes_read() const { return at_; }

 private:
  CsvStep broken(CsvRecord& record, CsvError error, std::size_t resume_at, std::size_t resume_line);
  bool at_line_end() const;
  void take_line_end();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  CsvError error_{};
};

/// A field as it may stand in a file.
std::string csv_field(std::string_view text);

}  // namespace bridgework::cli
