#include "appointments/model.hpp"
#include "appointments/state.codec.hpp"
#include "messages/codecs.hpp"
#include "runtime/model_handler.hpp"
#include "sim/handlers.hpp"

namespace bridgework::sim {

std::unique_ptr<runtime::Handler> appointments_handler() {
  appointments::Config config;
  return std::make_unique<runtime::ModelHandler<appointments::Model>>(std::move(config));
}

}  // namespace bridgework::sim
