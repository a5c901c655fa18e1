/**
 * The attributes of a product input as the Merchant API v1 documents them, as far as a shop of goods uses them:
 * https://developers.google.com/merchant/api/reference/rest/products_v1/ProductAttributes
 */
export type Kind =
  | 'text' | 'texts' | 'flag' | 'price' | 'time' | 'interval' | 'int64' | 'number' | 'measure' | 'group' | 'groups'
  | readonly string[] | { readonly several: readonly string[] }; // prettier-ignore

const energy = ['APPP', 'APP', 'AP', 'A', 'B', 'C', 'D', 'E', 'F', 'G'];
const destinations = [
  'SHOPPING_ADS', 'DISPLAY_ADS', 'LOCAL_INVENTORY_ADS', 'FREE_LISTINGS', 'FREE_LOCAL_LISTINGS', 'YOUTUBE_SHOPPING',
  'YOUTUBE_SHOPPING_CHECKOUT', 'YOUTUBE_AFFILIATE', 'FREE_VEHICLE_LISTINGS', 'VEHICLE_ADS', 'CLOUD_RETAIL',
]; // prettier-ignore

export const kinds: Readonly<Record<string, Kind>> = {
  title: 'text', structuredTitle: 'group', description: 'text', structuredDescription: 'group', link: 'text',
  mobileLink: 'text', canonicalLink: 'text', adsRedirect: 'text', imageLink: 'text', additionalImageLinks: 'texts',
  lifestyleImageLinks: 'texts', videoLinks: 'texts', virtualModelLink: 'text', documentLinks: 'texts',
  availability: ['IN_STOCK', 'OUT_OF_STOCK', 'PREORDER', 'LIMITED_AVAILABILITY', 'BACKORDER'],
  availabilityDate: 'time', expirationDate: 'time', disclosureDate: 'time', price: 'price', salePrice: 'price',
  salePriceEffectiveDate: 'interval', costOfGoodsSold: 'price', autoPricingMinPrice: 'price', maximumRetailPrice: 'price',
  installment: 'group', subscriptionCost: 'group', loyaltyPrograms: 'groups', unitPricingMeasure: 'measure',
  unitPricingBaseMeasure: 'measure', googleProductCategory: 'text', productTypes: 'texts', brand: 'text', gtins: 'texts',
  mpn: 'text', identifierExists: 'flag', condition: ['NEW', 'USED', 'REFURBISHED'], adult: 'flag', multipack: 'int64',
  isBundle: 'flag', certifications: 'groups', energyEfficiencyClass: energy, minEnergyEfficiencyClass: energy,
  maxEnergyEfficiencyClass: energy, ageGroup: ['ADULT', 'KIDS', 'TODDLER', 'INFANT', 'NEWBORN'],
  gender: ['MALE', 'FEMALE', 'UNISEX'], color: 'text', size: 'text',
  sizeTypes: { several: ['REGULAR', 'PETITE', 'MATERNITY', 'BIG', 'TALL', 'PLUS'] },
  sizeSystem: ['AU', 'BR', 'CN', 'DE', 'EU', 'FR', 'IT', 'JP', 'MEX', 'UK', 'US'], material: 'text', pattern: 'text',
  itemGroupId: 'text', itemGroupTitle: 'text', variantOptions: 'groups', productDetails: 'groups',
  productHighlights: 'texts', questionsAndAnswers: 'groups', relatedProducts: 'groups', popularityRank: 'number',
  productLength: 'measure', productWidth: 'measure', productHeight: 'measure', productWeight: 'measure',
  shortTitle: 'text', customLabel0: 'text', customLabel1: 'text', customLabel2: 'text', customLabel3: 'text',
  customLabel4: 'text', promotionIds: 'texts', externalSellerId: 'text', includedDestinations: { several: destinations },
  excludedDestinations: { several: destinations }, shoppingAdsExcludedCountries: 'texts', pause: ['ADS', 'ALL'],
  shipping: 'groups', carrierShipping: 'groups', shippingLabel: 'text', shippingWeight: 'measure',
  shippingLength: 'measure', shippingWidth: 'measure', shippingHeight: 'measure', minHandlingTime: 'int64',
  maxHandlingTime: 'int64', handlingCutoffTimes: 'groups', minimumOrderValues: 'groups', returnPolicyLabel: 'text',
  transitTimeLabel: 'text', sellOnGoogleQuantity: 'int64',
}; // prettier-ignore
