// The codecs: what goes in comes out, and nothing else comes in.

#include <capnp/message.h>
#include <capnp/schema-loader.h>
#include <capnp/serialize.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>

#include "contract/every_shape.capnp.h"
#include "contract/every_shape.codec.hpp"
#include "contract/schema_files.hpp"
#include "messages/catalogue.hpp"
#include "messages/catalogue_codec.hpp"
#include "messages/compiler/sample.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/lead_intake.capnp.h"
#include "messages/lead_intake.codec.hpp"

namespace bridgework::contract {
namespace {

using messages::decode_as;
using messages::Malformed;
using namespace std::chrono_literals;

messages::ContactPoint contact(const char* value) {
  return {.kind = messages::ContactKind::kEmail, .value = Phi<std::string>(value), .raw = Phi<std::string>(" raw ")};
}

/// Valid, and no field at its default.
EveryShape filled() {
  EveryShape value;
  value.key = "key";
  value.flag = false;
  value.tiny = -128;
  value.small = -5;
  value.medium = std::numeric_limits<std::int32_t>::max();
  value.large = std::numeric_limits<std::int64_t>::min();
  value.tiny_count = 255;
  value.small_count = 240;
  value.medium_count = std::numeric_limits<std::uint32_t>::max();
  value.large_count = 100;
  value.ratio = -1.5f;
  value.share = 0.25;
  value.text = "Zo\xC3\xAB \xF0\x9F\xA6\xB7";
  value.data = std::string("\0\xFF\n", 3);
  value.hue = Hue::kRed;
  value.person = Phi<PersonId>(PersonId("p-1.x_2+3@4"));
  value.at = Instant{1'700'000'000'000'001us};
  value.maybe_at = Instant{-1us};
  value.day = LocalDay{std::chrono::days{20'000}};
  value.maybe_day = Phi<std::optional<LocalDay>>(LocalDay{std::chrono::days{0}});
  value.local = LocalTime{1'700'000'000s};
  value.maybe_local = LocalTime{0s};
  value.contact = contact("a@example.org");
  value.maybe_contact = contact("b@example.org");
  value.flags = {true, false, true, true, false, false, true, false, true};
  value.numbers = {1, 0, 65535};
  value.ratios = {0.0, -2.5};
  value.texts = {"", "abcd"};
  value.blobs = {std::string(1, '\0'), "", "xyz"};
  value.hues = {Hue::kNotRed, Hue::kRed};
  value.persons = {PersonId("p-2"), PersonId("")};
  value.contacts = Phi<std::vector<messages::ContactPoint>>({contact("c@example.org"), contact("d@example.org")});
  value.new_ = "a keyword";
  return value;
}

TEST(Codec, GivesBackWhatItTook) {
  const EveryShape value = filled();
  const auto read = decode_as<EveryShape>(encode(value));
  ASSERT_TRUE(read) << read.error().path << ' ' << read.error().reason;
  EXPECT_TRUE(*read == value);
}

TEST(Codec, GivesBackAbsence) {
  EveryShape value;
  value.key = "key";
  value.text.clear();
  value.contacts.reveal().push_back({});
  const auto read = decode_as<EveryShape>(encode(value));
  ASSERT_TRUE(read) << read.error().path << ' ' << read.error().reason;
  EXPECT_TRUE(*read == value);
  EXPECT_EQ(read->maybe_at, std::nullopt);
  EXPECT_EQ(read->maybe_day.reveal(), std::nullopt);
  EXPECT_EQ(read->maybe_local, std::nullopt);
  EXPECT_FALSE(read->maybe_contact.has_value());
  EXPECT_EQ(read->text, "") << "an empty text is not the schema's default";
}

TEST(Codec, GivesBackStructsWithoutFields) {
  Bare value;
  value.nothings.resize(3);
  const auto read = decode_as<Bare>(encode(value));
  ASSERT_TRUE(read) << read.error().reason;
  EXPECT_EQ(read->nothings.size(), 3u);
}

TEST(Codec, EqualValuesGiveEqualBytes) {
  const EveryShape value = filled();
  EveryShape copy = value;
  // Another history, the same value.
  copy.text.assign(1000, 'x');
  copy.text = value.text;
  EXPECT_EQ(encode(value), encode(copy));
  EXPECT_EQ(encode(*decode_as<EveryShape>(encode(value))), encode(value));
}

TEST(Codec, BytesOfTheSchemasPastReadAsAbsent) {
  // A message that ends before the fields came: what a release without them wrote.
  capnp::MallocMessageBuilder message;
  auto root = message.initRoot<wire::EveryShape>();
  root.setKey("key");
  root.initContacts(1);
  const auto words = capnp::messageToFlatArray(message);
  const auto read = decode_as<EveryShape>({reinterpret_cast<const char*>(words.begin()), words.asBytes().size()});
  ASSERT_TRUE(read) << read.error().path << ' ' << read.error().reason;
  EXPECT_EQ(read->maybe_day.reveal(), std::nullopt);
  EXPECT_EQ(read->maybe_local, std::nullopt);
  EXPECT_EQ(read->text, "as given");
  EXPECT_EQ(read->medium, -7);
  EXPECT_TRUE(read->flag);
}

TEST(Codec, EveryMessageOfTheCatalogueGoesThroughItsCodecUnchanged) {
  const auto schemas = CompiledSchemas::of(BRIDGEWORK_SOURCE_DIR);
  ASSERT_NE(schemas, nullptr);
  const message_compiler::Model model = message_compiler::read_model(schemas->request());
  capnp::SchemaLoader loader;
  message_compiler::load_schemas(loader, schemas->request());
  for (const messages::MessageInfo& message : messages::all_messages()) {
    SCOPED_TRACE(message.name);
    const message_compiler::Struct& structure = model.structure(message.type_id);
    const std::string bytes = message_compiler::sample_bytes(model, loader, structure);
    const auto canonical = messages::canonical(message.type_id, bytes);
    if (!canonical) {
      ADD_FAILURE() << canonical.error().path << ' ' << canonical.error().reason;
      continue;
    }
    EXPECT_EQ(message_compiler::text_of_bytes(model, loader, structure, *canonical),
              message_compiler::text_of_bytes(model, loader, structure, bytes));
    EXPECT_EQ(messages::canonical(message.type_id, *canonical), canonical);
  }
}

// ---- bytes of a release that came later, while the roll-out lasts

/// A message of a later schema, every field filled.
class LaterSchemas {
 public:
  explicit LaterSchemas(const std::filesystem::path& root) : schemas_(CompiledSchemas::of(root)) {
    if (!schemas_) return;
    model_ = message_compiler::read_model(schemas_->request());
    message_compiler::load_schemas(loader_, schemas_->request());
  }
  bool compiled() const { return schemas_ != nullptr; }
  std::string bytes(std::uint64_t type_id) const { return message_compiler::sample_bytes(*model_, loader_, model_->structure(type_id)); }
  /// The id of a message by its name in the schema; 0 when there is none.
  std::uint64_t type_id(std::string_view name) const {
    for (const auto node : schemas_->request().getNodes()) {
      const std::string_view whole = node.getDisplayName().cStr();
      if (node.isStruct() && whole.ends_with(":" + std::string(name))) return node.getId();
    }
    return 0;
  }

 private:
  std::unique_ptr<CompiledSchemas> schemas_;
  std::optional<message_compiler::Model> model_;
  capnp::SchemaLoader loader_;
};

/// The schema with a text, a number and a list more in each struct, and how many structs there are.
std::pair<std::string, std::size_t> with_later_fields(const std::string& schema) {
  std::string out;
  std::size_t structs = 0;
  bool quoted = false, comment = false, named = false, inside = false;
  int next = 0;
  for (std::size_t i = 0; i < schema.size(); ++i) {
    const char c = schema[i];
    if (i == 0 || schema[i - 1] == '\n') named = schema.compare(i, 7, "struct ") == 0 || (named && c == ' ');
    if (comment || quoted) {
      comment = comment && c != '\n';
      quoted = quoted && c != '"';
    } else if (c == '"' || c == '#') {
      (c == '"' ? quoted : comment) = true;
    } else if (c == '{' && named) {
      inside = true;
      next = 0;
    } else if (c == '@' && inside) {
      next = std::max(next, std::stoi(schema.substr(i + 1, 4)) + 1);
    } else if (c == '}' && inside) {
      for (const char* field : {"laterText @N :Text", "laterCount @N :UInt64", "laterNames @N :List(Text)"}) {
        std::string line(field);
        line.replace(line.find('N', line.find('@')), 1, std::to_string(next++));
        out += "\n  " + line + " $Cat.since(2);";
      }
      out += '\n';
      inside = named = false;
      ++structs;
    }
    out += c;
  }
  return {std::move(out), structs};
}

std::size_t append_fields_everywhere(const SchemaCopy& copy) {
  std::size_t all = 0;
  for (const std::string& file : message_files()) {
    const std::filesystem::path path = copy.root() / "messages" / (file + ".capnp");
    const auto [text, structs] = with_later_fields(read_text(path));
    std::ofstream(path, std::ios::binary) << text;
    all += structs;
  }
  return all;
}

TEST(CodecOfToday, ReadsEveryMessageOfALaterReleaseAsIfItsNewFieldsWereNotThere) {
  const SchemaCopy copy;
  ASSERT_GE(append_fields_everywhere(copy), messages::all_messages().size());
  const LaterSchemas later(copy.root()), today(BRIDGEWORK_SOURCE_DIR);
  ASSERT_TRUE(later.compiled() && today.compiled());
  for (const messages::MessageInfo& message : messages::all_messages()) {
    SCOPED_TRACE(message.name);
    const std::string sent = later.bytes(message.type_id);
    ASSERT_NE(sent, today.bytes(message.type_id)) << "there is nothing new in it";
    const auto read = messages::canonical(message.type_id, sent);
    if (!read) {
      ADD_FAILURE() << read.error().path << ' ' << read.error().reason;
      continue;
    }
    EXPECT_EQ(read, messages::canonical(message.type_id, today.bytes(message.type_id)));
  }
}

// A value that is not known is never taken for another one: the message is refused where it stands, and its consumer parks it until it
// is of the later release itself.
TEST(CodecOfToday, RefusesALaterValueOfAnEnumWithItsPath) {
  SchemaCopy copy;
  ASSERT_TRUE(copy.replace("lead_intake.capnp", "{ phone @0; email @1; }", "{ phone @0; email @1; fax @2 $Cat.since(2); }"));
  const LaterSchemas later(copy.root());
  ASSERT_TRUE(later.compiled());
  const auto read = decode_as<messages::PersonRegistered>(later.bytes(messages::PersonRegistered::kTypeId));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().path, "profile.contact_points[0].kind");
  EXPECT_NE(read.error().reason.find("no known value"), std::string::npos) << read.error().reason;
  // Others of the same struct, which do not use it, are read.
  EXPECT_TRUE(messages::canonical(messages::LeadClaimed::kTypeId, later.bytes(messages::LeadClaimed::kTypeId)));
}

// A service asks for the types it handles, and goes past all others by the envelope.
TEST(CodecOfToday, ReadsTheEnvelopeOfAnEventItDoesNotKnow) {
  SchemaCopy copy;
  ASSERT_TRUE(copy.replace("lead_intake.capnp", "# ---- commands",
                           "struct LeadForgotten $Cat.event $Cat.since(2) { person @0 :Text $Cat.key $Cat.pseudonym; }\n"));
  const LaterSchemas later(copy.root());
  ASSERT_TRUE(later.compiled());
  messages::EventRecord record;
  record.type_id = later.type_id("LeadForgotten");
  record.service = "lead_intake";
  record.body = later.bytes(record.type_id);
  ASSERT_NE(record.type_id, 0u);
  EXPECT_EQ(messages::find_message(record.type_id), nullptr);
  EXPECT_FALSE(messages::canonical(record.type_id, record.body));
  const auto read = decode_as<messages::EventRecord>(encode(record));
  ASSERT_TRUE(read);
  EXPECT_TRUE(*read == record);
}

TEST(Codec, UnknownTypeIsMalformed) { EXPECT_FALSE(messages::canonical(1, encode(filled()))); }

// ---- what is refused, and where

struct Broken {
  const char* name;
  std::function<void(EveryShape&)> breaks;
  const char* path;
  const char* reason;
};

class CodecRefuses : public testing::TestWithParam<Broken> {};

TEST_P(CodecRefuses, WithThePath) {
  EveryShape value = filled();
  GetParam().breaks(value);
  const auto read = decode_as<EveryShape>(encode(value));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().path, GetParam().path);
  EXPECT_NE(read.error().reason.find(GetParam().reason), std::string::npos) << read.error().reason;
}

template <class T>
T far_away() {
  return T{std::chrono::years{500}};
}

INSTANTIATE_TEST_SUITE_P(
    What, CodecRefuses,
    testing::Values(
        Broken{"EmptyKey", [](EveryShape& v) { v.key.clear(); }, "key", "required"},
        Broken{"EmptyRequiredList", [](EveryShape& v) { v.contacts.reveal().clear(); }, "contacts", "required"},
        Broken{"LongText", [](EveryShape& v) { v.key.assign(17, 'x'); }, "key", "longer than 16"},
        Broken{"LongTextByDefault", [](EveryShape& v) { v.text.assign(1025, 'x'); }, "text", "longer than 1024"},
        Broken{"LongTextInList", [](EveryShape& v) { v.texts[1] = "abcde"; }, "texts[1]", "longer than 4"},
        Broken{"LongData", [](EveryShape& v) { v.data.assign(9, 'x'); }, "data", "longer than 8"},
        Broken{"LongId", [](EveryShape& v) { v.person.reveal() = PersonId(std::string(129, 'x')); }, "person", "longer than 128"},
        Broken{"IdWithSpace", [](EveryShape& v) { v.person.reveal() = PersonId("a b"); }, "person", "no id"},
        Broken{"IdWithSlash", [](EveryShape& v) { v.person.reveal() = PersonId("a/b"); }, "person", "no id"},
        Broken{"IdWithLetterOutsideAscii", [](EveryShape& v) { v.persons[0] = PersonId("\xC3\xA9"); }, "persons[0]", "no id"},
        Broken{"TextWithNul", [](EveryShape& v) { v.text = std::string("a\0b", 3); }, "text", "UTF-8"},
        Broken{"TextCutInTheMiddle", [](EveryShape& v) { v.text = "a\xC3"; }, "text", "UTF-8"},
        Broken{"TextOverlong", [](EveryShape& v) { v.text = "\xC0\x80"; }, "text", "UTF-8"},
        Broken{"TextOverlongOfThree", [](EveryShape& v) { v.text = "\xE0\x80\x80"; }, "text", "UTF-8"},
        Broken{"TextSurrogate", [](EveryShape& v) { v.text = "\xED\xA0\x80"; }, "text", "UTF-8"},
        Broken{"TextBeyondUnicode", [](EveryShape& v) { v.text = "\xF4\x90\x80\x80"; }, "text", "UTF-8"},
        Broken{"TextLoneContinuation", [](EveryShape& v) { v.text = "\x80"; }, "text", "UTF-8"},
        Broken{"TextOfAPart", [](EveryShape& v) { v.contact.value = Phi<std::string>("\xFF"); }, "contact.value", "UTF-8"},
        Broken{"TextOfAnOptionalPart", [](EveryShape& v) { v.maybe_contact->raw = Phi<std::string>("\xFF"); }, "maybe_contact.raw",
               "UTF-8"},
        Broken{"TextOfAPartInAList", [](EveryShape& v) { v.contacts.reveal()[1].value = Phi<std::string>("\xFF"); }, "contacts[1].value",
               "UTF-8"},
        Broken{"ManyItems", [](EveryShape& v) { v.numbers.resize(4); }, "numbers", "more than 3"},
        Broken{"ManyItemsByDefault", [](EveryShape& v) { v.flags.resize(4097); }, "flags", "more than 4096"},
        Broken{"NumberBelow", [](EveryShape& v) { v.small = -6; }, "small", "not within -5 to 5"},
        Broken{"NumberAbove", [](EveryShape& v) { v.small = 6; }, "small", "not within"},
        Broken{"CountBelow", [](EveryShape& v) { v.small_count = 0; }, "small_count", "not within"},
        Broken{"CountBeyondInt64", [](EveryShape& v) { v.large_count = std::numeric_limits<std::uint64_t>::max(); }, "large_count",
               "not within"},
        Broken{"ShareAbove", [](EveryShape& v) { v.share = 1.0000001; }, "share", "not within"},
        Broken{"ShareThatIsNoNumber", [](EveryShape& v) { v.share = std::numeric_limits<double>::quiet_NaN(); }, "share", "not within"},
        Broken{"RatioThatIsNoNumber", [](EveryShape& v) { v.ratio = std::numeric_limits<float>::quiet_NaN(); }, "ratio", "finite"},
        Broken{"RatioInfinite", [](EveryShape& v) { v.ratios[0] = std::numeric_limits<double>::infinity(); }, "ratios[0]", "finite"},
        Broken{"UnknownEnumerant", [](EveryShape& v) { v.hue = static_cast<Hue>(2); }, "hue", "no known value"},
        Broken{"UnknownEnumerantInList", [](EveryShape& v) { v.hues[1] = static_cast<Hue>(65535); }, "hues[1]", "no known value"},
        Broken{"UnknownEnumerantOfAPart", [](EveryShape& v) { v.contact.kind = static_cast<messages::ContactKind>(9); }, "contact.kind",
               "no known value"},
        Broken{"InstantInSeconds", [](EveryShape& v) { v.at = Instant{std::chrono::microseconds::max()}; }, "at", "years"},
        Broken{"InstantBefore1900", [](EveryShape& v) { v.maybe_at = Instant{std::chrono::microseconds::min()}; }, "maybe_at", "years"},
        Broken{"DayAfter2399", [](EveryShape& v) { v.day = LocalDay{std::chrono::days{157'054}}; }, "day", "years"},
        Broken{"DayBefore1900", [](EveryShape& v) { v.maybe_day.reveal() = LocalDay{std::chrono::days{-25'568}}; }, "maybe_day", "years"},
        Broken{"LocalAfter2399", [](EveryShape& v) { v.local = LocalTime{13'569'465'600s}; }, "local", "years"},
        Broken{"LocalBefore1900", [](EveryShape& v) { v.maybe_local = LocalTime{-2'208'988'801s}; }, "maybe_local", "years"}),
    [](const testing::TestParamInfo<Broken>& info) { return std::string(info.param.name); });

TEST(CodecAccepts, TheLimitsThemselves) {
  EveryShape value = filled();
  value.key.assign(16, 'x');
  value.text.assign(1024, 'x');
  value.data.assign(8, 'x');
  value.person.reveal() = PersonId(std::string(128, 'x'));
  value.day = LocalDay{std::chrono::days{157'053}};
  value.maybe_day.reveal() = LocalDay{std::chrono::days{-25'567}};
  value.local = LocalTime{13'569'465'599s};
  value.maybe_local = LocalTime{-2'208'988'800s};
  const auto read = decode_as<EveryShape>(encode(value));
  ASSERT_TRUE(read) << read.error().path << ' ' << read.error().reason;
  EXPECT_TRUE(*read == value);
}

// ---- bytes from outside

TEST(CodecBytes, AreReadAtAnyAlignment) {
  const EveryShape value = filled();
  const std::string bytes = encode(value);
  alignas(8) char buffer[8192];
  ASSERT_LT(bytes.size() + 8, sizeof buffer);
  for (std::size_t offset = 0; offset < 8; ++offset) {
    std::memcpy(buffer + offset, bytes.data(), bytes.size());
    const auto read = decode_as<EveryShape>({buffer + offset, bytes.size()});
    ASSERT_TRUE(read) << offset << ' ' << read.error().reason;
    EXPECT_TRUE(*read == value) << offset;
  }
}

TEST(CodecBytes, TruncatedAnywhereAreRefused) {
  const std::string bytes = encode(filled());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_as<EveryShape>(std::string_view(bytes).substr(0, size))) << size;
  }
}

TEST(CodecBytes, TruncatedAtAWordWithAHeaderToMatchAreRefused) {
  std::string bytes = encode(filled());
  for (std::size_t words = bytes.size() / 8 - 2; words > 0; --words) {
    bytes.resize((words + 1) * 8);
    const auto count = static_cast<std::uint32_t>(words);
    std::memcpy(bytes.data() + 4, &count, 4);
    EXPECT_FALSE(decode_as<EveryShape>(bytes)) << words;
  }
}

TEST(CodecBytes, WithMoreBehindAreRefused) {
  EXPECT_FALSE(decode_as<EveryShape>(encode(filled()) + '\0'));
  EXPECT_FALSE(decode_as<EveryShape>(encode(filled()) + std::string(8, '\0')));
}

TEST(CodecBytes, OfSeveralSegmentsAreRefused) {
  capnp::MallocMessageBuilder message(1, capnp::AllocationStrategy::FIXED_SIZE);
  auto root = message.initRoot<wire::Tree>();
  root.setLabel("in another segment");
  ASSERT_GT(message.getSegmentsForOutput().size(), 1u);
  const auto words = capnp::messageToFlatArray(message);
  const auto read = decode_as<Tree>({reinterpret_cast<const char*>(words.begin()), words.asBytes().size()});
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error(), (Malformed{"", "has more than one segment"}));
}

TEST(CodecBytes, OfAThousandMillionSegmentsAreRefused) { EXPECT_FALSE(decode_as<Tree>(std::string(16, '\xFF'))); }

TEST(CodecBytes, LargerThanFourMebibytesAreRefused) {
  const auto read = decode_as<Tree>(std::string(4 * 1024 * 1024 + 8, '\0'));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().reason, "is larger than 4 MiB");
}

TEST(CodecBytes, WithoutAWordAreRefused) { EXPECT_FALSE(decode_as<Tree>(std::string(8, '\0'))); }

Tree nested(int depth) {
  Tree tree;
  tree.label = "twig";
  for (int i = 1; i < depth; ++i) {
    Tree parent;
    parent.branches.push_back(std::move(tree));
    tree = std::move(parent);
  }
  return tree;
}

TEST(CodecBytes, NestedALittleAreRead) {
  const Tree tree = nested(8);
  const auto read = decode_as<Tree>(encode(tree));
  ASSERT_TRUE(read) << read.error().reason;
  EXPECT_TRUE(*read == tree);
}

TEST(CodecBytes, NestedDeeplyAreRefused) {
  for (const int depth : {33, 64, 2000}) {
    const auto read = decode_as<Tree>(encode(nested(depth)));
    ASSERT_FALSE(read) << depth;
    EXPECT_NE(read.error().reason.find("nested"), std::string::npos) << read.error().reason;
    EXPECT_TRUE(read.error().path.starts_with("branches[0].branches[0].branches")) << read.error().path;
  }
}

std::uint64_t word_at(const std::string& bytes, std::size_t word) {
  std::uint64_t value = 0;
  std::memcpy(&value, bytes.data() + (word + 1) * 8, 8);
  return value;
}

void set_word(std::string& bytes, std::size_t word, std::uint64_t value) { std::memcpy(bytes.data() + (word + 1) * 8, &value, 8); }

// Words of Tree{.branches = {Tree{}}}: 0 root pointer, 1 label, 2 branches, 3 tag, 4 label, 5 branches of the branch.
constexpr std::size_t kBranches = 2;
constexpr std::size_t kTag = 3;
constexpr std::size_t kInnerBranches = 5;

/// A list pointer at a word to the list whose tag stands at kTag.
std::uint64_t pointer_to_tag(std::size_t at, std::uint64_t original) {
  const auto offset = static_cast<std::uint32_t>(static_cast<std::int32_t>(kTag) - static_cast<std::int32_t>(at) - 1);
  return (original & 0xFFFF'FFFF'0000'0000u) | (offset << 2) | 1;
}

Tree one_branch() {
  Tree tree;
  tree.branches.emplace_back();
  return tree;
}

TEST(CodecBytes, WithAPointerLoopAreRefused) {
  std::string bytes = encode(one_branch());
  ASSERT_EQ(bytes.size(), 7u * 8);
  ASSERT_EQ(pointer_to_tag(kBranches, word_at(bytes, kBranches)), word_at(bytes, kBranches));
  // The branch's branches are the list it stands in.
  set_word(bytes, kInnerBranches, pointer_to_tag(kInnerBranches, word_at(bytes, kBranches)));
  EXPECT_FALSE(decode_as<Tree>(bytes));
}

TEST(CodecBytes, ThatGrowWhenReadAreRefused) {
  // Two branches whose branches are again the two of them: read naively, two to the power of the depth.
  Tree tree;
  tree.branches.resize(2);
  std::string bytes = encode(tree);
  for (const std::size_t word : {kInnerBranches, kInnerBranches + 2}) {
    set_word(bytes, word, pointer_to_tag(word, word_at(bytes, kBranches)));
  }
  EXPECT_FALSE(decode_as<Tree>(bytes));
}

TEST(CodecBytes, ThatClaimMoreItemsThanTheyHoldAreRefused) {
  Bare value;
  value.nothings.resize(3);
  std::string bytes = encode(value);
  // Items without fields cost no bytes, so a count alone could ask for gigabytes: the tag is the last word.
  const std::size_t tag = bytes.size() / 8 - 2;
  set_word(bytes, tag, std::uint64_t{0x1FFF'FFFF} << 2);
  EXPECT_FALSE(decode_as<Bare>(bytes));
}

TEST(CodecBytes, WithAnyOneBitChangedGiveAValueOrAReason) {
  const std::string bytes = encode(filled());
  std::size_t refused = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
    const auto read = decode_as<EveryShape>(changed);
    // What was accepted is a value like any other: it survives its own codec.
    if (read) {
      EXPECT_TRUE(decode_as<EveryShape>(encode(*read)) == read) << bit;
    } else {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0u);
}

}  // namespace
}  // namespace bridgework::contract
