/** Files that the bundle carries as text (`rules` in wrangler.toml). */
declare module "swagger-ui-dist/swagger-ui-bundle.js" {
  const text: string;
  export default text;
}
declare module "*/built/console.js" {
  const text: string;
  export default text;
}
declare module "*/built/console.css" {
  const text: string;
  export default text;
}
declare module "*?raw" {
  const text: string;
  export default text;
}
declare module "swagger-ui-dist/swagger-ui.css" {
  const text: string;
  export default text;
}
