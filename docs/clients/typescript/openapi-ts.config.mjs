// How @hey-api/openapi-ts makes src/core from docs/openapi.yaml.
export default {
  input: "../../openapi.yaml",
  output: { path: "src/core", module: { extension: ".js" } },
  plugins: [{ name: "@hey-api/client-fetch", throwOnError: true }, "@hey-api/typescript", "@hey-api/sdk"],
};
