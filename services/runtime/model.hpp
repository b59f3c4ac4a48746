#pragma once
// What makes a service: the types it speaks, what it listens to, and its pure functions.

#include <concepts>
#include <string_view>
#include <type_traits>
#include <variant>

#include <tl/expected.hpp>

#include "runtime/decision.hpp"
#include "runtime/read_view.hpp"

namespace bridgework::runtime {

/// Events of other services (or its own) that a service handles, grouped by the lane they go to.
template <class... Events>
struct ByPerson {};  ///< the lane of the event's person
template <class... Events>
struct BySite {};  ///< the lane of the event's site
template <class... Events>
struct EveryLane {};  ///< each lane, as reference data
template <class... Groups>
struct Consumes {};

enum class RouteBy { kPerson, kSite, kEveryLane };

namespace detail {
template <class... V>
struct Concat;
template <>
struct Concat<> {
  using type = std::variant<>;
};
template <class... A>
struct Concat<std::variant<A...>> {
  using type = std::variant<A...>;
};
template <class... A, class... B, class... Rest>
struct Concat<std::variant<A...>, std::variant<B...>, Rest...> : Concat<std::variant<A..., B...>, Rest...> {};
// std::monostate stands for "this service has none of these"
template <class V>
struct WithoutNone {
  using type = V;
};
template <>
struct WithoutNone<std::variant<std::monostate>> {
  using type = std::variant<>;
};
template <class G>
struct GroupEvents;
template <class... E>
struct GroupEvents<ByPerson<E...>> {
  using type = std::variant<E...>;
};
template <class... E>
struct GroupEvents<BySite<E...>> {
  using type = std::variant<E...>;
};
template <class... E>
struct GroupEvents<EveryLane<E...>> {
  using type = std::variant<E...>;
};
template <class C>
struct ConsumedEvents;
template <class... G>
struct ConsumedEvents<Consumes<G...>> : Concat<typename GroupEvents<G>::type...> {};
}  // namespace detail

/// Everything `decide` can be handed: the service's commands, the events it consumes, its timers.
template <class Commands, class Consumed, class Timer>
using MessageOf =
    typename detail::Concat<Commands, typename detail::ConsumedEvents<Consumed>::type, typename detail::WithoutNone<Timer>::type>::type;

template <class Reply, class Refusal>
using Answer = tl::expected<Reply, Refused<Refusal>>;

/// A service, as the runtime sees it. See services/feedback/model.hpp for the smallest one.
///
/// - `kName`: the service's name, as in `$owner` of its schema.
/// - `Vocabulary`: Record, Event, Timer, Effect, Reply, Refusal, Config.
/// - `Command`, `Query`: variants; `Consumed`: Consumes<…>; `Message`: MessageOf<Command, Consumed, Timer>.
/// - `decide(state, message, now)`: pure and total. `now` is when a command was accepted, when an event was recorded, or when a timer
///   fired, so that a backlog changes no decision.
/// - `answer(view, query, now)`: reads committed state only.
template <class M>
concept Model = requires(const State<typename M::Vocabulary>& state, const typename M::Message& message,
                         const ReadView<typename M::Vocabulary::Record>& view, const typename M::Query& query,
                         const typename M::Vocabulary::Config& config, Instant now) {
  { M::kName } -> std::convertible_to<std::string_view>;
  { M::decide(state, message, now) } -> std::same_as<Decision<typename M::Vocabulary>>;
  { M::answer(view, query, config, now) } -> std::same_as<Answer<typename M::Vocabulary::Reply, typename M::Vocabulary::Refusal>>;
  typename M::Consumed;
  typename M::Command;
};

/// A model whose decisions reach outside (mail, SMS). `perform` may block; `uncertain` is the command that reports an effect which was
/// claimed by a process that died.
template <class M>
concept PerformsEffects = requires(const typename M::Vocabulary::Effect& effect, const IndexReader& indexes,
                                   const typename M::Vocabulary::Config& config) {
  { M::perform(effect, indexes, config) } -> std::same_as<typename M::Command>;
  { M::uncertain(effect) } -> std::same_as<typename M::Command>;
};

}  // namespace bridgework::runtime
