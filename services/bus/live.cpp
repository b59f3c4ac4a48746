#include "bus/live.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include <capnp/dynamic.h>
#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>
#include <sodium.h>

#include "messages/catalogue.hpp"
#include "messages/catalogue_schema.hpp"
#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"
#include "messages/envelope.values.hpp"

namespace bridgework::bus {
namespace {

constexpr std::size_t kPseudonymBytes = 16;

// Ids of the annotations in messages/catalogue.capnp.
constexpr std::uint64_t kPhi = 0xb1d6e0c0a7a10403;
constexpr std::uint64_t kPseudonym = 0xb1d6e0c0a7a10404;
constexpr int kNestingMax = 32;

enum class Showing { kAsIs, kPseudonym, kHidden };

Showing showing_of(const capnp::StructSchema::Field& field) {
  Showing showing = Showing::kAsIs;
  for (const auto annotation : field.getProto().getAnnotations()) {
    if (annotation.getId() == kPhi) return Showing::kHidden;
    if (annotation.getId() == kPseudonym) showing = Showing::kPseudonym;
  }
  return showing;
}

class Copier {
 public:
  explicit Copier(const Pseudonyms& pseudonyms) : pseudonyms_(pseudonyms) {}

  void copy(const capnp::DynamicStruct::Reader& from, capnp::DynamicStruct::Builder to) const {
    for (const auto field : from.getSchema().getFields()) {
      // No schema of ours has unions or groups; a field of one would need a rule of its own.
      if (!field.getProto().isSlot() || field.getProto().getDiscriminantValue() != capnp::schema::Field::NO_DISCRIMINANT) continue;
      const Showing showing = showing_of(field);
      if (showing == Showing::kHidden || !from.has(field, capnp::HasMode::NON_DEFAULT)) continue;
      switch (field.getType().which()) {
        case capnp::schema::Type::TEXT:
          if (showing == Showing::kPseudonym) set_text(to, field, pseudonyms_.of(view(from.get(field).as<capnp::Text>())));
          else to.set(field, from.get(field));
          break;
        case capnp::schema::Type::STRUCT:
          if (showing == Showing::kAsIs) copy(from.get(field).as<capnp::DynamicStruct>(), to.init(field).as<capnp::DynamicStruct>());
          break;
        case capnp::schema::Type::LIST: copy_list(from.get(field).as<capnp::DynamicList>(), to, field, showing); break;
        case capnp::schema::Type::BOOL:
        case capnp::schema::Type::INT8:
        case capnp::schema::Type::INT16:
        case capnp::schema::Type::INT32:
        case capnp::schema::Type::INT64:
        case capnp::schema::Type::UINT8:
        case capnp::schema::Type::UINT16:
        case capnp::schema::Type::UINT32:
        case capnp::schema::Type::UINT64:
        case capnp::schema::Type::FLOAT32:
        case capnp::schema::Type::FLOAT64:
        case capnp::schema::Type::ENUM:
          // A number cannot carry a pseudonym.
          if (showing == Showing::kAsIs) to.set(field, from.get(field));
          break;
        // Bytes of who knows what, and what has no fixed shape, are not shown.
        case capnp::schema::Type::VOID:
        case capnp::schema::Type::DATA:
        case capnp::schema::Type::INTERFACE:
        case capnp::schema::Type::ANY_POINTER: break;
      }
    }
  }

 private:
  static std::string_view view(const capnp::Text::Reader& text) { return std::string_view(text.begin(), text.size()); }
  static void set_text(capnp::DynamicStruct::Builder& to, const capnp::StructSchema::Field& field, const std::string& text) {
    to.set(field, capnp::Text::Reader(text.c_str(), text.size()));
  }

  void copy_list(const capnp::DynamicList::Reader& from, capnp::DynamicStruct::Builder& to, const capnp::StructSchema::Field& field,
                 Showing showing) const {
    const auto element = from.getSchema().getElementType();
    if (element.isStruct()) {
      if (showing != Showing::kAsIs) return;
      auto target = to.init(field, from.size()).as<capnp::DynamicList>();
      for (capnp::uint i = 0; i < from.size(); ++i) copy(from[i].as<capnp::DynamicStruct>(), target[i].as<capnp::DynamicStruct>());
    } else if (element.isText() && showing == Showing::kPseudonym) {
      auto target = to.init(field, from.size()).as<capnp::DynamicList>();
      for (capnp::uint i = 0; i < from.size(); ++i) {
        const std::string pseudonym = pseudonyms_.of(view(from[i].as<capnp::Text>()));
        target.set(i, capnp::Text::Reader(pseudonym.c_str(), pseudonym.size()));
      }
    } else if (showing == Showing::kAsIs && !element.isList() && !element.isData() && !element.isAnyPointer() && !element.isInterface()) {
      to.set(field, from);
    }
  }

  const Pseudonyms& pseudonyms_;
};

/// The event's bytes without what may not be shown. The record was checked when it was read from the log, its body was not.
std::optional<std::string> shown(const Pseudonyms& pseudonyms, std::uint64_t type_id, const std::string& body) {
  if (body.size() % sizeof(capnp::word) != 0) return std::nullopt;
  std::optional<std::string> result;
  const auto failure = kj::runCatchingExceptions([&] {
    auto words = kj::heapArray<capnp::word>(body.size() / sizeof(capnp::word));
    if (!body.empty()) std::memcpy(words.begin(), body.data(), body.size());
    capnp::ReaderOptions limits;
    limits.traversalLimitInWords = words.size() * 8 + 1024;
    limits.nestingLimit = kNestingMax;
    capnp::FlatArrayMessageReader reader(words, limits);
    const auto schema = messages::schema_of(type_id).asStruct();
    capnp::MallocMessageBuilder builder;
    Copier(pseudonyms).copy(reader.getRoot<capnp::DynamicStruct>(schema), builder.initRoot<capnp::DynamicStruct>(schema));
    const auto flat = capnp::messageToFlatArray(builder);
    const auto bytes = flat.asBytes();
    result.emplace(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  });
  if (failure != nullptr) return std::nullopt;
  return result;
}

}  // namespace

Pseudonyms::Pseudonyms(std::string_view key, std::string_view group) : key_{} {
  if (sodium_init() < 0) std::abort();
  std::array<unsigned char, crypto_generichash_BYTES> secret{};
  crypto_generichash(secret.data(), secret.size(), reinterpret_cast<const unsigned char*>(key.data()), key.size(), nullptr, 0);
  crypto_generichash(key_.data(), key_.size(), reinterpret_cast<const unsigned char*>(group.data()), group.size(), secret.data(),
                     secret.size());
  sodium_memzero(secret.data(), secret.size());
}

std::string Pseudonyms::of(std::string_view text) const {
  if (text.empty()) return {};
  std::array<unsigned char, kPseudonymBytes> hash{};
  crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(), key_.data(), key_.size());
  std::array<char, kPseudonymBytes * 2 + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), hash.data(), hash.size());
  return std::string(hex.data());
}

std::optional<LiveMessage> live_message(const Pseudonyms& pseudonyms, const std::string& incarnation, const LogEntry& entry) {
  const auto record = messages::decode_as<messages::EventRecord>(entry.record);
  if (!record) return std::nullopt;
  const messages::MessageInfo* info = messages::find_message(record->type_id);
  if (info == nullptr || info->kind != messages::MessageKind::kEvent) return std::nullopt;
  auto payload = shown(pseudonyms, record->type_id, record->body);
  if (!payload) return std::nullopt;
  messages::LiveHeader header;
  header.incarnation = incarnation;
  header.sequence = entry.sequence;
  header.type_id = record->type_id;
  header.type = std::string(info->name);
  header.recorded_at = record->recorded_at;
  header.person = pseudonyms.of(record->person);
  header.site = record->site;
  LiveMessage message;
  message.topic = header.type + '\0' + header.site + '\0';
  message.header = encode(header);
  message.payload = std::move(*payload);
  return message;
}

bool Live::somebody_wants(std::string_view topic) const {
  // Few prefixes, and most subscribers have one: all.
  return std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const std::string& prefix) { return topic.substr(0, prefix.size()) == prefix; });
}

bool Live::read_subscriptions() {
  bool somebody_new = false;
  while (const auto change = publisher_.receive()) {
    switch (change->kind) {
      case runtime::Publisher::Change::Kind::kSubscribed:
        prefixes_.insert(change->prefix);
        somebody_new = true;
        break;
      case runtime::Publisher::Change::Kind::kUnsubscribed: prefixes_.erase(change->prefix); break;
    }
  }
  return somebody_new;
}

tl::expected<void, runtime::Fault> Live::cut() {
  prefixes_.clear();
  return publisher_.cut();
}

bool Live::send(std::string text, std::string_view header, std::string_view payload) {
  const auto topic = runtime::Topic::of(std::move(text));
  if (topic && publisher_.send(*topic, header, payload) == runtime::SendOutcome::kSent) return true;
  ++counts_.unsent;
  return false;
}

void Live::publish(const std::string& incarnation, const LogEntry& entry) {
  if (prefixes_.empty()) return;
  const messages::MessageInfo* info = messages::find_message(entry.type_id);
  if (info == nullptr) {
    ++counts_.unreadable;
    return;
  }
  // Only beacons are listened to, or only types that sort elsewhere: do not decode.
  const std::string_view name = info->name;
  const bool type_wanted = std::any_of(prefixes_.begin(), prefixes_.end(), [&](const std::string& prefix) {
    const std::size_t common = std::min(prefix.size(), name.size());
    return std::string_view(prefix).substr(0, common) == name.substr(0, common);
  });
  if (!type_wanted) return;
  const auto message = live_message(pseudonyms_, incarnation, entry);
  if (!message) {
    ++counts_.unreadable;
    return;
  }
  if (somebody_wants(message->topic) && send(message->topic, message->header, message->payload)) ++counts_.published;
}

void Live::publish_beacon(const LogBounds& bounds) {
  if (!somebody_wants(kBeaconTopic)) return;
  messages::Beacon beacon;
  beacon.incarnation = bounds.incarnation;
  beacon.head = bounds.head;
  if (send(std::string(kBeaconTopic), encode(beacon), {})) ++counts_.beacons;
}

}  // namespace bridgework::bus
