/** What the page uses of libphonenumber-js. */
export class AsYouType {
  constructor(country?: string);
  input(text: string): string;
  reset(): void;
  getNumber(): PhoneNumber | undefined;
  getCountry(): string | undefined;
  isValid(): boolean;
}
export interface PhoneNumber {
  number: string;
  country?: string;
  isValid(): boolean;
  formatInternational(): string;
  formatNational(): string;
}
export function getCountries(): string[];
export function getCountryCallingCode(country: string): string;
export function isSupportedCountry(country: string): boolean;
export function parsePhoneNumberFromString(text: string, country?: string): PhoneNumber | undefined;
export function getExampleNumber(country: string, examples: unknown): PhoneNumber | undefined;
