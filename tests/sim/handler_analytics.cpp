#include "analytics/model.hpp"
#include "analytics/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/model_handler.hpp"
#include "sim/handlers.hpp"

namespace bridgework::sim {

std::unique_ptr<runtime::Handler> analytics_handler() {
  analytics::Config config;
  return std::make_unique<runtime::ModelHandler<analytics::Model>>(std::move(config));
}

}  // namespace bridgework::sim
