#pragma once
// Turns a model (types) into a handler (bytes). The only template that knows both.

#include <array>
#include <charconv>
#include <cstdio>
#include <functional>
#include <stdexcept>

#include "messages/codec.hpp"
#include "messages/envelope.codec.hpp"
#include "runtime/handler.hpp"

namespace bridgework::runtime {

namespace detail {

template <class Variant, std::size_t I = 0>
tl::expected<Variant, Undecided> decode_variant(std::uint64_t type_id, std::string_view bytes) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return tl::unexpected(Undecided{{}, "no such message is known here"});
  } else {
    using T = std::variant_alternative_t<I, Variant>;
    if constexpr (std::is_same_v<T, std::monostate>) {
      return decode_variant<Variant, I + 1>(type_id, bytes);
    } else {
      if (T::kTypeId != type_id) return decode_variant<Variant, I + 1>(type_id, bytes);
      auto value = messages::decode_as<T>(bytes);
      if (!value) return tl::unexpected(Undecided{{}, value.error().path + ": " + value.error().reason});
      return Variant(std::move(*value));
    }
  }
}

template <class Record, std::size_t I = 0>
std::optional<Record> decode_record(std::string_view key, std::string_view bytes) {
  if constexpr (I == std::variant_size_v<Record>) {
    return std::nullopt;
  } else {
    using T = std::variant_alternative_t<I, Record>;
    if constexpr (!std::is_same_v<T, std::monostate>) {
      if (key.size() > T::kName.size() && key.starts_with(T::kName) && key[T::kName.size()] == '/') {
        auto value = messages::decode_as<T>(bytes);
        if (!value) return std::nullopt;
        return Record(std::move(*value));
      }
    }
    return decode_record<Record, I + 1>(key, bytes);
  }
}

template <class Variant, std::size_t I = 0>
bool holds_type(std::uint64_t type_id) {
  if constexpr (I == std::variant_size_v<Variant>) {
    return false;
  } else {
    using T = std::variant_alternative_t<I, Variant>;
    if constexpr (!std::is_same_v<T, std::monostate>) {
      if (T::kTypeId == type_id) return true;
    }
    return holds_type<Variant, I + 1>(type_id);
  }
}

template <class T>
std::pair<std::uint64_t, std::string> encoded(const T& value) {
  if constexpr (std::is_same_v<T, std::monostate>) {
    return {0, {}};
  } else {
    return {T::kTypeId, encode(value)};
  }
}
template <class Variant>
std::pair<std::uint64_t, std::string> encode_variant(const Variant& value) {
  return std::visit([](const auto& v) { return encoded(v); }, value);
}

inline std::string hex_id(std::uint64_t id) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(id));
  return std::string(text.data(), 16);
}

template <class... E, class Visit>
void each_of(ByPerson<E...>, [[maybe_unused]] Visit visit) {
  (visit(E::kTypeId, RouteBy::kPerson), ...);
}
template <class... E, class Visit>
void each_of(BySite<E...>, [[maybe_unused]] Visit visit) {
  (visit(E::kTypeId, RouteBy::kSite), ...);
}
template <class... E, class Visit>
void each_of(EveryLane<E...>, [[maybe_unused]] Visit visit) {
  (visit(E::kTypeId, RouteBy::kEveryLane), ...);
}
template <class... G, class Visit>
void each_consumed(Consumes<G...>, [[maybe_unused]] Visit visit) {
  (each_of(G{}, visit), ...);
}

}  // namespace detail

/// A typed view over bytes.
template <class Record>
class BytesView final : public ReadView<Record> {
 public:
  explicit BytesView(RecordReader& reader) : reader_(&reader) {}

  std::vector<IndexEntry> index(std::string_view name, double from, double to, std::size_t limit) const override {
    return reader_->index(name, from, to, limit);
  }
  std::size_t index_size(std::string_view name) const override { return reader_->index_size(name); }
  bool index_has(std::string_view name, std::string_view member) const override { return reader_->index_has(name, member); }

 protected:
  using Key = typename ReadView<Record>::Key;
  std::vector<std::optional<Record>> load(std::span<const Key> keys) const override {
    std::vector<RecordKey> wanted;
    wanted.reserve(keys.size());
    for (const auto& key : keys) wanted.push_back({lane_of(key.lane_key), key.record});
    auto bytes = reader_->records(wanted);
    std::vector<std::optional<Record>> out;
    out.reserve(bytes.size());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      out.push_back(bytes[i] ? detail::decode_record<Record>(wanted[i].key, *bytes[i]) : std::nullopt);
    }
    return out;
  }
  void scan(std::string_view prefix, const std::function<void(std::string_view, const Record&)>& visit) const override {
    reader_->scan(prefix, [&](std::string_view key, std::string_view bytes) {
      if (const auto record = detail::decode_record<Record>(key, bytes)) visit(key, *record);
    });
  }

 private:
  RecordReader* reader_;
};

template <Model M>
class ModelHandler final : public Handler {
 public:
  using Vocabulary = typename M::Vocabulary;
  using Record = typename Vocabulary::Record;

  explicit ModelHandler(typename Vocabulary::Config config) : config_(std::move(config)) {}

  std::string_view name() const override { return M::kName; }

  std::vector<ConsumedType> consumed() const override {
    std::vector<ConsumedType> out;
    detail::each_consumed(typename M::Consumed{}, [&](std::uint64_t id, RouteBy by) { out.push_back({id, by}); });
    return out;
  }
  bool is_command(std::uint64_t type_id) const override { return detail::holds_type<typename M::Command>(type_id); }
  bool is_query(std::uint64_t type_id) const override { return detail::holds_type<typename M::Query>(type_id); }

  std::string command_key(std::uint64_t type_id, std::string_view body) const override {
    const auto command = detail::decode_variant<typename M::Command>(type_id, body);
    if (!command) return {};
    return std::visit(
        [](const auto& c) -> std::string {
          if constexpr (requires { key_of(c); }) return std::string(key_of(c));
          else return {};
        },
        *command);
  }

  std::unique_ptr<LaneRecords> new_lane() const override { return std::make_unique<Lane>(); }

  tl::expected<Decided, Undecided> decide(LaneRecords& records, const Work& work) const override {
    auto message = detail::decode_variant<typename M::Message>(work.type_id, work.body);
    if (!message) return tl::unexpected(std::move(message.error()));
    auto& lane = static_cast<Lane&>(records);
    const State<Vocabulary> state(lane.records, config_);
    const Decision<Vocabulary> decision = M::decide(state, *message, work.now);
    if (!state.missing().empty()) return tl::unexpected(Undecided{state.missing(), {}});

    Decided out;
    out.presumed = state.presumed();
    if (decision.refused()) {
      out.refused = true;
      out.code = std::string(to_string(decision.refused()->code));
      out.detail = decision.refused()->detail;
      return out;
    }
    if (decision.reply()) std::tie(out.reply_type, out.reply) = detail::encode_variant(*decision.reply());
    for (const auto& change : decision.records()) {
      out.records.push_back({change.key, change.value ? std::optional(detail::encode_variant(*change.value).second) : std::nullopt});
      lane.records.set(change.key, change.value);
    }
    for (const auto& change : decision.indexes()) {
      out.indexes.push_back({change.index, change.member, change.score, change.op == Decision<Vocabulary>::IndexChange::Op::kRemove});
    }
    for (const auto& change : decision.timers()) {
      Decided::Timer timer{change.name, change.due, 0, {}, change.skip_if_older_than};
      if (change.timer) std::tie(timer.type_id, timer.body) = detail::encode_variant(*change.timer);
      out.timers.push_back(std::move(timer));
    }
    for (const auto& change : decision.effects()) {
      const auto [type_id, bytes] = detail::encode_variant(change.effect);
      out.effects.push_back({change.id, detail::hex_id(type_id) + bytes});
    }
    for (const auto& event : decision.events()) out.events.push_back(event_record(event, work));
    return out;
  }

  std::vector<std::string> missing(const LaneRecords& records, const Work& work) const override {
    const auto message = detail::decode_variant<typename M::Message>(work.type_id, work.body);
    if (!message) return {};
    const State<Vocabulary> state(static_cast<const Lane&>(records).records, config_);
    (void)M::decide(state, *message, work.now);
    return state.missing();
  }

  tl::expected<Answered, std::string> answer(RecordReader& reader, std::uint64_t type_id, std::string_view body,
                                             Instant now) const override {
    auto query = detail::decode_variant<typename M::Query>(type_id, body);
    if (!query) return tl::unexpected(query.error().reason);
    const BytesView<Record> view(reader);
    const auto answer = M::answer(view, *query, config_, now);
    Answered out;
    if (!answer) {
      out.refused = true;
      out.code = std::string(to_string(answer.error().code));
      out.detail = answer.error().detail;
      return out;
    }
    std::tie(out.reply_type, out.reply) = detail::encode_variant(*answer);
    return out;
  }

  bool performs_effects() const override { return PerformsEffects<M>; }

  tl::expected<Command, std::string> perform([[maybe_unused]] RecordReader& reader, std::string_view effect) const override {
    if constexpr (PerformsEffects<M>) {
      auto decoded = effect_of(effect);
      if (!decoded) return tl::unexpected(decoded.error());
      const BytesView<Record> view(reader);
      return command_of(M::perform(*decoded, view, config_));
    } else {
      return tl::unexpected("this service has no effects: " + hint(effect));
    }
  }
  tl::expected<Command, std::string> uncertain(std::string_view effect) const override {
    if constexpr (PerformsEffects<M>) {
      auto decoded = effect_of(effect);
      if (!decoded) return tl::unexpected(decoded.error());
      return command_of(M::uncertain(*decoded));
    } else {
      return tl::unexpected("this service has no effects: " + hint(effect));
    }
  }

 private:
  struct Lane final : LaneRecords {
    Records<Record> records;
    tl::expected<void, std::string> set(const std::string& key, const std::optional<std::string>& bytes) override {
      if (!bytes) {
        records.set(key, std::nullopt);
        return {};
      }
      auto record = detail::decode_record<Record>(key, *bytes);
      if (!record) return tl::unexpected("the stored record " + key + " cannot be read");
      records.set(key, std::move(record));
      return {};
    }
    std::size_t recent() const override { return records.recent(); }
    void clear() override { records.clear(); }
    void age() override { records.age(); }
  };

  static std::string hint(std::string_view effect) { return std::string(effect.substr(0, 16)); }

  static tl::expected<typename Vocabulary::Effect, std::string> effect_of(std::string_view effect) {
    std::uint64_t type_id = 0;
    if (effect.size() < 16 || std::from_chars(effect.data(), effect.data() + 16, type_id, 16).ec != std::errc()) {
      return tl::unexpected(std::string("an effect without a type"));
    }
    auto decoded = detail::decode_variant<typename Vocabulary::Effect>(type_id, effect.substr(16));
    if (!decoded) return tl::unexpected(decoded.error().reason);
    return std::move(*decoded);
  }
  static Command command_of(const typename M::Command& command) {
    auto [type_id, bytes] = detail::encode_variant(command);
    return {type_id, std::move(bytes)};
  }

  std::string event_record(const typename Vocabulary::Event& event, const Work& work) const {
    messages::EventRecord record;
    record.recorded_at = work.now;
    record.service = std::string(M::kName);
    record.principal = work.principal;
    record.causation = work.causation;
    record.traceparent = work.traceparent;
    std::visit(
        [&](const auto& e) {
          using E = std::decay_t<decltype(e)>;
          if constexpr (!std::is_same_v<E, std::monostate>) {
            record.type_id = E::kTypeId;
            record.person = std::string(person_of(e));
            record.site = std::string(site_of(e));
            record.body = encode(e);
          }
        },
        event);
    return encode(record);
  }

  typename Vocabulary::Config config_;
};

}  // namespace bridgework::runtime
