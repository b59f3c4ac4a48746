#include "scripts/cli/csv.hpp"

namespace bridgework::cli {

std::string_view to_string(CsvError error) {
  switch (error) {
    case CsvError::kTextAfterQuote: return "text after a closing quote";
    case CsvError::kQuoteNeverClosed: return "a quote is never closed";
    case CsvError::kFieldTooLong: return "a field is longer than 65536 bytes";
    case CsvError::kTooManyColumns: return "more than 1024 columns";
  }
  return "";
}

CsvReader::CsvReader(std::string_view text) : text_(text) {
  if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
}

bool CsvReader::at_line_end() const {
  return text_[at_] == '\n' || (text_[at_] == '\r' && (at_ + 1 == text_.size() || text_[at_ + 1] == '\n'));
}

void CsvReader::take_line_end() {
  if (text_[at_] == '\r') ++at_;
  if (at_ < text_.size()) ++at_;
  ++line_;
}

CsvStep CsvReader::broken(CsvRecord& record, CsvError error, std::size_t resume_at, std::size_t resume_line) {
  record.fields.clear();
  error_ = error;
  const std::size_t newline = text_.find('\n', resume_at);
  at_ = newline == std::string_view::npos ? text_.size() : newline + 1;
  line_ = resume_line + 1;
  return CsvStep::kBroken;
}

CsvStep CsvReader::next(CsvRecord& record) {
  while (at_ < text_.size() && at_line_end()) take_line_end();
  if (at_ >= text_.size()) return CsvStep::kEnd;

  record.line = line_;
  const std::size_t record_at = at_;
  const std::size_t record_line = line_;
  std::size_t count = 0;
  while (true) {
    if (count == kCsvColumnsMax) return broken(record, CsvError::kTooManyColumns, at_, line_);
    if (record.fields.size() <= count) record.fields.emplace_back();
    std::string& field = record.fields[count++];
    field.clear();

    if (at_ < text_.size() && text_[at_] == '"') {
      ++at_;
      while (true) {
        const std::size_t quote = text_.find('"', at_);
        // A quote left open swallows the rest of the file; the line it stands on is the one that is broken.
        if (quote == std::string_view::npos || field.size() + (quote - at_) > kCsvFieldBytesMax) {
          return broken(record, CsvError::kQuoteNeverClosed, record_at, record_line);
        }
        for (std::size_t i = at_; i < quote; ++i) line_ += text_[i] == '\n' ? 1 : 0;
        field.append(text_, at_, quote - at_);
        at_ = quote + 1;
        if (at_ >= text_.size() || text_[at_] != '"') break;
        field += '"';
        ++at_;
      }
      if (at_ < text_.size() && text_[at_] != ',' && !at_line_end()) return broken(record, CsvError::kTextAfterQuote, at_, line_);
    } else {
      const std::size_t from = at_;
      while (at_ < text_.size() && text_[at_] != ',' && !at_line_end()) ++at_;
      if (at_ - from > kCsvFieldBytesMax) return broken(record, CsvError::kFieldTooLong, at_, line_);
      field.assign(text_, from, at_ - from);
    }

    if (at_ < text_.size() && text_[at_] == ',') {
      ++at_;
      continue;
    }
    record.fields.resize(count);
    if (at_ < text_.size()) take_line_end();
    return CsvStep::kRecord;
  }
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

}  // namespace bridgework::cli
