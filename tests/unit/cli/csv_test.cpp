#include "scripts/cli/csv.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bridgework::cli {
namespace {

using ::testing::ElementsAre;
using Fields = std::vector<std::string>;

struct Seen {
  std::size_t line;
  std::string what;  ///< fields joined by '|', or '!' and the error
  friend bool operator==(const Seen&, const Seen&) = default;
};
void PrintTo(const Seen& seen, std::ostream* out) { *out << seen.line << ": " << seen.what; }

std::vector<Seen> all_of(std::string_view text) {
  std::vector<Seen> seen;
  CsvReader reader(text);
  CsvRecord record;
  for (CsvStep step = reader.next(record); step != CsvStep::kEnd; step = reader.next(record)) {
    if (step == CsvStep::kBroken) {
      seen.push_back({record.line, "!" + std::string(to_string(reader.error()))});
      continue;
    }
    std::string joined;
    for (std::size_t i = 0; i < record.fields.size(); ++i) joined += (i > 0 ? "|" : "") + record.fields[i];
    seen.push_back({record.line, joined});
  }
  EXPECT_EQ(reader.bytes_read(), text.size());
  return seen;
}

TEST(Csv, ReadsRecordsWithEitherLineEnd) {
  EXPECT_THAT(all_of("a,b\nc,d\r\ne,f"), ElementsAre(Seen{1, "a|b"}, Seen{2, "c|d"}, Seen{3, "e|f"}));
}

TEST(Csv, SkipsAByteOrderMarkAndEmptyLines) {
  EXPECT_THAT(all_of("\xef\xbb\xbf"
                     "a\n\n\r\nb\n"),
              ElementsAre(Seen{1, "a"}, Seen{4, "b"}));
  EXPECT_THAT(all_of(""), ElementsAre());
  EXPECT_THAT(all_of("\xef\xbb\xbf"), ElementsAre());
}

TEST(Csv, KeepsEmptyFields) { EXPECT_THAT(all_of(",\na,,b,\n\"\"\n"), ElementsAre(Seen{1, "|"}, Seen{2, "a||b|"}, Seen{3, ""})); }

TEST(Csv, UnderstandsQuotes) {
  EXPECT_THAT(all_of("\"a,b\",\"say \"\"yes\"\"\"\n\"two\nlines\",c\nd\n"),
              ElementsAre(Seen{1, "a,b|say \"yes\""}, Seen{2, "two\nlines|c"}, Seen{4, "d"}));
}

TEST(Csv, TakesAQuoteInsideAnUnquotedFieldAsItIs) { EXPECT_THAT(all_of("5\" pipe,x\n"), ElementsAre(Seen{1, "5\" pipe|x"})); }

TEST(Csv, KeepsALoneCarriageReturn) { EXPECT_THAT(all_of("a\rb,c\n"), ElementsAre(Seen{1, "a\rb|c"})); }

TEST(Csv, LosesOneLineToTextBehindAQuote) {
  EXPECT_THAT(all_of("\"a\"b,c\nd\n"), ElementsAre(Seen{1, "!text after a closing quote"}, Seen{2, "d"}));
}

TEST(Csv, LosesOneLineToAQuoteThatIsNeverClosed) {
  EXPECT_THAT(all_of("a\n\"b,c\nd,e\n"), ElementsAre(Seen{1, "a"}, Seen{2, "!a quote is never closed"}, Seen{3, "d|e"}));
}

TEST(Csv, RefusesAFieldBeyondTheLimit) {
  const std::string most(kCsvFieldBytesMax, 'x');
  EXPECT_EQ(all_of(most + "\n").front().what, most);
  EXPECT_THAT(all_of(most + "x\nd\n"), ElementsAre(Seen{1, "!a field is longer than 65536 bytes"}, Seen{2, "d"}));
  EXPECT_EQ(all_of("\"" + most + "x\"\n").front().what, "!a quote is never closed");
}

TEST(Csv, RefusesMoreColumnsThanTheLimit) {
  const std::string most(kCsvColumnsMax - 1, ',');
  EXPECT_EQ(all_of(most + "\n").size(), 1u);
  EXPECT_THAT(all_of(most + ",\nd\n"), ElementsAre(Seen{1, "!more than 1024 columns"}, Seen{2, "d"}));
}

TEST(Csv, DoesNotKeepFieldsOfALongerRecord) { EXPECT_THAT(all_of("a,b,c\nd\n"), ElementsAre(Seen{1, "a|b|c"}, Seen{2, "d"})); }

TEST(CsvField, ReadsBackAsWritten) {
  for (const std::string text : {"plain", "a,b", "say \"yes\"", "two\r\nlines", ""}) {
    const std::string line = csv_field(text) + "," + csv_field(text) + "\n";
    CsvReader reader(line);
    CsvRecord record;
    ASSERT_EQ(reader.next(record), CsvStep::kRecord);
    EXPECT_EQ(record.fields, (Fields{text, text}));
  }
}

}  // namespace
}  // namespace bridgework::cli
