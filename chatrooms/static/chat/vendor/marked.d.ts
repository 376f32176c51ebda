/** What the page uses of marked. */
export interface Token {
  type: string;
  raw: string;
  text?: string;
  tokens?: Token[];
  [field: string]: any;
}
export class Lexer {
  constructor(options?: any);
  tokens: Token[] & { links: Record<string, { href: string; title: string }> };
  inlineQueue: { src: string; tokens: Token[] }[];
  blockTokens(src: string, tokens?: Token[]): Token[];
  inlineTokens(src: string, tokens?: Token[]): Token[];
}
export class Marked {
  constructor(...extensions: any[]);
  defaults: any;
}
