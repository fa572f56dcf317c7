import { createContext, use } from "react";
import type { Services } from "../api/services";

export const ServicesContext = createContext<Services | undefined>(undefined);

/** useServices is what the signed-in person works with. */
export function useServices(): Services {
  const services = use(ServicesContext);
  if (!services) throw new Error("nobody is signed in");
  return services;
}
