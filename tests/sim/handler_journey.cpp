#include "journey/model.hpp"
#include "journey/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/model_handler.hpp"
#include "sim/handlers.hpp"

namespace bridgework::sim {

std::unique_ptr<runtime::Handler> journey_handler() {
  journey::Config config;
  return std::make_unique<runtime::ModelHandler<journey::Model>>(std::move(config));
}

}  // namespace bridgework::sim
